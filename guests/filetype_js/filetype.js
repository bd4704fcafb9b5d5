// Says of each file what type it has, by its content: the Magika classifier.
//
//   filetype MODEL CONFIG TYPES FILE…
//
// MODEL is the name under which the host has Magika's network. CONFIG and TYPES are the JSON files
// config.min.json and content_types_kb.min.json that come with it. Prints a line per file, `path:
// label`. A file that can't be read is named on standard error, and makes the exit code 1.

import { getArguments } from "wasi:cli/environment@0.2.12";
import { loadByName } from "wasi:nn/graph@0.2.0-rc-2024-10-28";
import { Tensor } from "wasi:nn/tensor@0.2.0-rc-2024-10-28";
import { FileError, openFile } from "./file.js";
import * as magika from "./magika.js";

// Ends the guest. What the host's errors are made of is `payload`, as the WIT has it.
class Failure extends Error {}

function complain(message) {
  console.error(`filetype: ${message}`);
}

// An execution context of the host's model of that name.
function openModel(name) {
  try {
    return loadByName(name).initExecutionContext();
  } catch ({ payload: error }) {
    if (error.code() === "not-found") {
      throw new Failure(
        `the host has no model named "${name}". Give it one: ` +
          `namesake run --nn-preload ${name}:onnx:FILE …`,
      );
    }
    throw new Failure(`can't load the model "${name}": ${error.data()}`);
  }
}

// The model's score for each label.
function ask(context, config, features) {
  const data = new Uint8Array(Int32Array.from(features).buffer);
  const tensor = new Tensor(Uint32Array.of(1, features.length), "I32", data);
  let outputs;
  try {
    // The model has one input and one output: "0" is the input, whatever the model calls it.
    outputs = context.compute([["0", tensor]]);
  } catch ({ payload: error }) {
    throw new Failure(`asking the model failed: ${error.data()}`);
  }
  const [[, output]] = outputs;
  const scores = new Float32Array(output.data().slice().buffer);
  if (scores.length !== config.labels.length) {
    throw new Failure(
      `the model has ${scores.length} labels, and its config ${config.labels.length}`,
    );
  }
  return scores;
}

function identify(path, config, context) {
  const file = openFile(path);
  if (file.isDirectory) return "directory";
  if (file.size === 0) return "empty";
  const block = Math.min(config.blockSize, file.size);
  const begin = file.read(block, 0);
  const end = file.read(block, file.size - block);
  const features = magika.features(config, begin, end);
  if (!magika.enoughToAsk(config, features)) return magika.labelOfFewBytes(begin);
  return magika.labelOfScores(config, ask(context, config, features));
}

function main([, model, configPath, typesPath, ...files]) {
  if (files.length === 0) throw new Failure("usage: filetype MODEL CONFIG TYPES FILE…");
  const config = magika.parseConfig(openFile(configPath).text(), openFile(typesPath).text());
  const context = openModel(model);
  let allRead = true;
  for (const path of files) {
    try {
      console.log(`${path}: ${identify(path, config, context)}`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      complain(error.message);
      allRead = false;
    }
  }
  return allRead;
}

export const run = {
  run() {
    let good = false;
    try {
      good = main(getArguments());
    } catch (error) {
      complain(error.message);
    }
    // What is thrown here is the command's own result: exit code 1.
    if (!good) throw undefined;
  },
};
