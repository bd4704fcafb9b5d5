// Asks the model "photo" about a grey image.
use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};

fn main() -> Result<(), wasi_nn::Error> {
    // The host knows the encoding and the target of its model: what is said here does not matter.
    let builder = GraphBuilder::new(GraphEncoding::Autodetec, ExecutionTarget::CPU);
    let graph = builder.build_from_cache("photo")?;
    let mut context = graph.init_execution_context()?;
    let pixels = vec![0f32; 3 * 224 * 224];
    context.set_input(0, TensorType::F32, &[1, 3, 224, 224], &pixels)?;
    context.compute()?;
    let mut scores = vec![0f32; 1000];
    let byte_count = context.get_output(0, &mut scores)?;
    let count = byte_count / size_of::<f32>();
    let likeliest = (0..count).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    println!("class {} of {count}", likeliest.expect("no scores"));
    Ok(())
}
