// Reads files through WASI, in the directories that the host has opened for the guest.

import { getDirectories } from "wasi:filesystem/preopens@0.2.12";

const REASONS = {
  access: "Permission denied",
  "no-entry": "No such file or directory",
  "not-permitted": "Operation not permitted",
};

// Says why a file can't be read, and which file.
export class FileError extends Error {
  constructor(path, code) {
    super(`can't read ${path}: ${REASONS[code] ?? code}`);
  }
}

class File {
  #path;
  #descriptor;

  constructor(path, descriptor) {
    this.#path = path;
    this.#descriptor = descriptor;
    const status = this.#attempt(() => descriptor.stat());
    this.isDirectory = status.type === "directory";
    this.size = Number(status.size);
  }

  // Reads `count` bytes from `offset`; fewer if the file ends there.
  read(count, offset) {
    const bytes = new Uint8Array(count);
    let done = 0;
    while (done < count) {
      const [part, atEnd] = this.#attempt(() =>
        this.#descriptor.read(BigInt(count - done), BigInt(offset + done)),
      );
      bytes.set(part, done);
      done += part.length;
      if (atEnd) break;
    }
    return bytes.subarray(0, done);
  }

  text() {
    return new TextDecoder().decode(this.read(this.size, 0));
  }

  #attempt(call) {
    try {
      return call();
    } catch ({ payload }) {
      throw new FileError(this.#path, payload);
    }
  }
}

// Opens the file or directory with this name. Throws a FileError if there is none.
export function openFile(path) {
  for (const [directory, name] of getDirectories()) {
    const prefix = name.endsWith("/") ? name : `${name}/`;
    if (!`${path}/`.startsWith(prefix)) continue;
    const inside = path.slice(prefix.length) || ".";
    try {
      return new File(path, directory.openAt({ symlinkFollow: true }, inside, {}, { read: true }));
    } catch (error) {
      throw error instanceof FileError ? error : new FileError(path, error.payload);
    }
  }
  throw new FileError(path, "no-entry");
}
