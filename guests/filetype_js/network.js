// The host's network, as JavaScript has it.

import { loadByName } from "wasi:nn/graph@0.2.0-rc-2024-10-28";
import { Tensor } from "wasi:nn/tensor@0.2.0-rc-2024-10-28";

// The host throws an Error with wasi:nn's error as its `payload`.
function failure(what, { payload: error }) {
  return new Error(`${what}: ${error.data()}`);
}

// A model of the host with one input of 32-bit integers and one output of 32-bit floats.
export class Network {
  #context;

  constructor(name) {
    try {
      this.#context = loadByName(name).initExecutionContext();
    } catch (error) {
      if (error.payload.code() === "not-found") {
        throw new Error(
          `the host has no model named "${name}". Give it one: ` +
            `namesake run --nn-preload ${name}:onnx:FILE …`,
        );
      }
      throw failure(`can't load the model "${name}"`, error);
    }
  }

  ask(features) {
    const data = new Uint8Array(Int32Array.from(features).buffer);
    const tensor = new Tensor(Uint32Array.of(1, features.length), "I32", data);
    let outputs;
    try {
      // "0" is the first input, whatever the model calls it.
      outputs = this.#context.compute([["0", tensor]]);
    } catch (error) {
      throw failure("inference failed", error);
    }
    const [[, output]] = outputs;
    return new Float32Array(output.data().slice().buffer);
  }
}
