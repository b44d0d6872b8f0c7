// The packs of a clone as one: any object by its id, which is proved by reading it.

import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Damage, missing } from '../errors.ts';
import { idOf } from './index-pack.ts';
import { bytesAt, openPackFile, type PackedObject, type PackFile } from './pack-file.ts';
import { type PackIndex, parseIndex } from './pack-index.ts';

export interface Store {
  has(id: string): boolean;
  /** Fails with the library's `NotFoundError` for what is not there. @throws Damage when it is not what its id says, TooLarge */
  read(id: string): PackedObject;
  /** In bytes, without reading it. */
  sizeOf(id: string): number;
  beginningWith(digits: string, most: number): string[];
  close(): void;
}

interface OpenPack {
  readonly index: PackIndex;
  /** Opened when it is first read. */
  file(): PackFile;
  close(): void;
}

const NO_OBJECT_WITHOUT_PACK = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export function openStore(gitdir: string): Store {
  const folder = join(gitdir, 'objects', 'pack');
  const packs = new Map<string, OpenPack>();

  /** Opens packs that came since; whether there are any. */
  function lookAgain(): boolean {
    let more = false;
    for (const name of readdirSync(folder)) {
      if (!name.endsWith('.idx') || packs.has(name)) continue;
      packs.set(name, openPack(join(folder, name)));
      more = true;
    }
    return more;
  }

  function find(id: string): { readonly pack: OpenPack; readonly offset: number } | undefined {
    do {
      for (const pack of packs.values()) {
        const offset = pack.index.find(id);
        if (offset !== undefined) return { pack, offset };
      }
    } while (lookAgain());
    return undefined;
  }

  return {
    has: (id) => find(id) !== undefined,
    read(id) {
      const found = find(id);
      // Git knows the empty folder without having it.
      if (found === undefined && id === NO_OBJECT_WITHOUT_PACK) return { type: 'tree', content: Buffer.alloc(0) };
      if (found === undefined) throw missing(id);
      const object = found.pack.file().read(found.offset);
      if (idOf(object.type, object.content).toString('hex') !== id)
        throw new Damage(`the object ${id} reads as another`);
      return object;
    },
    sizeOf(id) {
      const found = find(id);
      if (found === undefined) throw missing(id);
      return found.pack.file().sizeOf(found.offset);
    },
    beginningWith(digits, most) {
      lookAgain();
      const found = new Set<string>();
      for (const { index } of packs.values()) for (const id of index.beginningWith(digits, most)) found.add(id);
      return [...found];
    },
    close() {
      for (const pack of packs.values()) pack.close();
      packs.clear();
    },
  };
}

function openPack(indexPath: string): OpenPack {
  const index = parseIndex(readFileSync(indexPath));
  let fd: number | undefined;
  let file: PackFile | undefined;
  return {
    index,
    file() {
      if (file !== undefined) return file;
      fd = openSync(indexPath.replace(/idx$/, 'pack'), 'r');
      const { size } = fstatSync(fd);
      const digest = bytesAt(fd, Math.max(0, size - 20), 20).toString('hex');
      if (digest !== index.packDigest) throw new Damage('a pack is not the one of its index');
      file = openPackFile(fd, index.find);
      return file;
    },
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
      file = undefined;
    },
  };
}
