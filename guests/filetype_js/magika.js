// The parts of Magika, the file-type classifier, around its network: which part of a file the
// network sees, and the rules that turn its scores into a label.

function parseObject(what, text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") {
    throw new Error(`${what}: it is not a JSON object`);
  }
  return value;
}

// `configJson` is the network's config.min.json, `typesJson` is content_types_kb.min.json. Throws
// an Error for other JSON, or if it needs something that is not implemented here.
export function parseConfig(configJson, typesJson) {
  const what = "the network's config";
  const json = parseObject(what, configJson);
  const read = (name, isExpected) => {
    if (isExpected(json[name])) return json[name];
    throw new Error(`${what}: its member "${name}" is missing or wrong`);
  };
  const isNumber = (value) => typeof value === "number";
  const isObject = (value) => value instanceof Object && !Array.isArray(value);
  const config = {
    // How many bytes of a file's start and end the network sees.
    begSize: read("beg_size", Number.isInteger),
    endSize: read("end_size", Number.isInteger),
    // How many bytes are read from either end, to have enough after white space is removed.
    blockSize: read("block_size", Number.isInteger),
    // With fewer bytes than this, there is nothing to ask the network.
    minFileSizeForDl: read("min_file_size_for_dl", Number.isInteger),
    // Stands for a byte that the file does not have.
    paddingToken: read("padding_token", Number.isInteger),
    // The labels of the network's outputs.
    labels: read("target_labels_space", Array.isArray),
    // The score from which a label counts, and the one for labels that are not in the list.
    thresholds: read("thresholds", isObject),
    mediumConfidenceThreshold: read("medium_confidence_threshold", isNumber),
    // Labels that are replaced by another one.
    overwriteMap: read("overwrite_map", isObject),
  };
  if (json.mid_size !== 0 || json.use_inputs_at_offsets !== false) {
    throw new Error(`${what}: it needs features that this guest does not extract`);
  }
  const types = Object.entries(parseObject("the list of content types", typesJson));
  config.textLabels = new Set(types.filter(([, type]) => type.is_text).map(([label]) => label));
  return config;
}

const isSpace = (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isInk = (byte) => !isSpace(byte);

// Makes the network's input from a file's two ends, at most `blockSize` bytes each.
export function features(config, begin, end) {
  const first = begin.findIndex(isInk);
  const shownBegin = first < 0 ? [] : begin.subarray(first, first + config.begSize);
  const shownEnd = end.subarray(0, end.findLastIndex(isInk) + 1).slice(-config.endSize);
  const result = new Int32Array(config.begSize + config.endSize).fill(config.paddingToken);
  result.set(shownBegin);
  result.set(shownEnd, result.length - shownEnd.length);
  return result;
}

export function enoughToAsk(config, features) {
  return features[config.minFileSizeForDl - 1] !== config.paddingToken;
}

// Returns the label of a file that is too short to ask the network.
export function labelOfFewBytes(bytes) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return "txt";
  } catch {
    return "unknown";
  }
}

// Picks the label by the network's scores, one for each entry of `labels`.
export function labelOfScores(config, scores) {
  const best = scores.reduce((a, b) => Math.max(a, b));
  const predicted = config.labels[scores.indexOf(best)];
  const label = config.overwriteMap[predicted] ?? predicted;
  const needed = config.thresholds[predicted] ?? config.mediumConfidenceThreshold;
  if (best >= needed) return label;
  return config.textLabels.has(label) ? "txt" : "unknown";
}
