// Says of each file what type it has by its content, using the Magika classifier.
//
//   filetype MODEL CONFIG TYPES FILE…
//
// MODEL is the host's name for Magika's network. CONFIG and TYPES are the JSON files
// config.min.json and content_types_kb.min.json that come with it. Prints a line per file, `path:
// label`. Names a file that can't be read on standard error, and then exits with code 1.

import { getArguments } from "wasi:cli/environment@0.2.12";
import { FileError, openFile } from "./file.js";
import * as magika from "./magika.js";
import { Network } from "./network.js";

function complain(message) {
  console.error(`filetype: ${message}`);
}

// Returns the network's score for each label.
function ask(network, config, features) {
  const scores = network.ask(features);
  if (scores.length !== config.labels.length) {
    throw new Error(
      `the model has ${scores.length} labels, but its config has ${config.labels.length}`,
    );
  }
  return scores;
}

function identify(path, config, network) {
  const file = openFile(path);
  if (file.isDirectory) return "directory";
  if (file.size === 0) return "empty";
  const block = Math.min(config.blockSize, file.size);
  const begin = file.read(block, 0);
  const end = file.read(block, file.size - block);
  const features = magika.features(config, begin, end);
  if (!magika.enoughToAsk(config, features)) return magika.labelOfFewBytes(begin);
  return magika.labelOfScores(config, ask(network, config, features));
}

function main([, model, configPath, typesPath, ...files]) {
  if (files.length === 0) throw new Error("usage: filetype MODEL CONFIG TYPES FILE…");
  const config = magika.parseConfig(openFile(configPath).text(), openFile(typesPath).text());
  const network = new Network(model);
  let allRead = true;
  for (const path of files) {
    try {
      console.log(`${path}: ${identify(path, config, network)}`);
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
