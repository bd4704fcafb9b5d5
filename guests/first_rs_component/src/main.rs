// Asks the model "photo" about a grey image.
wit_bindgen::generate!({ path: "wit", world: "first", generate_all });

use wasi::nn::errors::Error;
use wasi::nn::graph::load_by_name;
use wasi::nn::tensor::{Tensor, TensorType};

fn ask(pixels: &[f32]) -> Result<Vec<f32>, Error> {
    let context = load_by_name("photo")?.init_execution_context()?;
    let bytes: Vec<u8> = pixels.iter().flat_map(|p| p.to_le_bytes()).collect();
    let tensor = Tensor::new(&[1, 3, 224, 224], TensorType::Fp32, &bytes);
    // "0" is the first input, whatever the model calls it.
    let outputs = context.compute(vec![("0".to_string(), tensor)])?;
    let bytes = outputs[0].1.data();
    let values = bytes.chunks_exact(4).map(|c| c.try_into().unwrap());
    Ok(values.map(f32::from_le_bytes).collect())
}

fn main() {
    let pixels = vec![0f32; 3 * 224 * 224];
    let scores = ask(&pixels).unwrap_or_else(|error| {
        eprintln!("first: {}", error.data());
        std::process::exit(1);
    });
    let count = scores.len();
    let likeliest = (0..count).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    println!("class {} of {count}", likeliest.expect("no scores"));
}
