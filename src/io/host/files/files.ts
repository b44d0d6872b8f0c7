// Reads and changes files and folders of this machine as root: every path is opened by `walk`, so that a guest that shares a folder with the host
// cannot redirect it. A written file gets its owner and mode before its name.

import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileOwner, FilePlace, FileWrite, FolderMake } from '../../../model/action.ts';
import type { FileState } from '../../../ports/host.ts';
import { checkPath, hasNoFileModes } from '../paths.ts';
import { MAX_DIGEST_LENGTH, MAX_FILE_LENGTH } from './links.ts';
import { at, type Entry, fault, isAbsent, nameEntry, openFolder, openToRead, walk } from './walk.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const AT_ONCE = 32;
const PIECE = 64 * 1024;

type NewFile = Pick<FileWrite, 'path' | 'mode' | 'owner'>;

/** Paths are relative to a root that stands for `/`: the machine's own (`''`), or a lab's. */
export interface NodeFiles {
  /** Undefined when there is none. Fails for anything but a regular file, and for a link that is not followed. */
  read(path: string): Promise<Buffer | undefined>;
  /** Every regular file directly in a folder; empty where the folder does not exist. */
  readFolder(path: string): Promise<[path: string, text: string][]>;
  /** Writes atomically; false when the present file is not the expected one. */
  write(write: Pick<FileWrite, 'path' | 'mode' | 'owner' | 'expects'>, bytes: Uint8Array): Promise<boolean>;
  makeFolder(make: FolderMake): Promise<void>;
  place(place: FilePlace): Promise<void>;
  /** Removes files and links, never folders; a missing one is no error. */
  remove(paths: readonly string[]): Promise<void>;
  inspect(paths: readonly string[]): Promise<ReadonlyMap<string, FileState>>;
}

/** Records file owners by path instead of setting them, so that a lab need not run as root. */
export interface NotedOwners {
  ownerOf(path: string): FileOwner;
  setOwner(path: string, owner: FileOwner): void;
}

export function nodeFiles(root: string, owners?: NotedOwners): NodeFiles {
  const give = async (opened: FileHandle, path: string, owner: Partial<FileOwner>): Promise<void> => {
    const now = owners?.ownerOf(path) ?? (await opened.stat());
    const { uid, gid } = { uid: now.uid, gid: now.gid, ...owner };
    if (owners !== undefined) {
      owners.setOwner(path, { uid, gid });
      return;
    }
    await opened.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
      // A lab's root has no users of its own, and need not run as root.
      if (root === '' || error.code !== 'EPERM') throw error;
    });
  };

  /** Accessible to root only until it is complete; then owner and mode are set by descriptor. */
  async function writeBeside({ folder, name }: Entry, file: NewFile, bytes: Uint8Array): Promise<Entry> {
    const beside = { folder, name: `.${name}.${randomBytes(6).toString('hex')}` };
    const opened = await open(at(beside), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await opened.writeFile(bytes);
      if (file.owner !== undefined) await give(opened, file.path, file.owner);
      if (!hasNoFileModes(root, file.path)) await opened.chmod(file.mode);
      await opened.datasync();
    } catch (error) {
      await unlink(at(beside)).catch(unlessAbsent);
      throw error;
    } finally {
      await opened.close();
    }
    return beside;
  }

  const files: NodeFiles = {
    async read(path) {
      return absentAs(undefined, walk(root, path, false, readEntry(path)));
    },
    async readFolder(path) {
      const list = async (entry: Entry): Promise<{ done: [string, string][] } | 'link'> => {
        const folder = await openFolder(entry, false);
        if (folder === 'link') return 'link';
        try {
          return { done: await filesOf(folder, checkPath(path)) };
        } finally {
          await folder.close();
        }
      };
      return absentAs([], walk(root, path, false, list));
    },
    write: (write, bytes) =>
      inFolderOf(root, write.path, async (folder, name) => {
        const beside = await writeBeside({ folder, name }, write, bytes);
        try {
          if (write.expects !== undefined && (await digestOf(files, write.path)) !== write.expects) return false;
          await rename(at(beside), at({ folder, name }));
          return true;
        } finally {
          await unlink(at(beside)).catch(unlessAbsent);
        }
      }),
    async makeFolder({ path, uid, gid, mode }) {
      await walk(root, path, true, async (entry) => {
        const folder = await openFolder(entry, true, mode);
        if (folder === 'link') return 'link';
        try {
          if (uid !== null || gid !== null) {
            await give(folder, path, { ...(uid === null ? {} : { uid }), ...(gid === null ? {} : { gid }) });
          }
          return { done: undefined };
        } finally {
          await folder.close();
        }
      });
    },
    async place({ files: placed }) {
      const [first, ...others] = placed;
      if (first === undefined) return;
      const bytes = await files.read(first.from);
      if (bytes === undefined) throw fault('ENOENT', `${first.from} is not there`);
      // All files are complete beside their destinations before the first is renamed.
      await inFolderOf(root, first.to, async (folder, name) => {
        const beside = await writeBeside({ folder, name }, { ...first, path: first.to }, bytes);
        try {
          await files.place({ kind: 'place', files: others });
          await rename(at(beside), at({ folder, name }));
        } finally {
          await unlink(at(beside)).catch(unlessAbsent);
        }
      });
    },
    async remove(paths) {
      for (const path of paths) {
        const removed = walk(root, path, false, async (entry) => {
          await unlink(at(entry));
          return { done: undefined };
        });
        await absentAs(undefined, removed);
      }
    },
    async inspect(paths) {
      const found = new Map<string, FileState>();
      for (let from = 0; from < paths.length; from += AT_ONCE) {
        const batch = paths.slice(from, from + AT_ONCE);
        const states = await Promise.all(batch.map((path) => stateOf(root, path, owners)));
        for (const [n, path] of batch.entries()) {
          const state = states[n];
          if (state !== undefined) found.set(path, state);
        }
      }
      return found;
    },
  };
  return files;
}

async function absentAs<T>(instead: T, looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (isAbsent(error)) return instead;
    throw error;
  }
}

function unlessAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

const readEntry =
  (path: string) =>
  async (entry: Entry): Promise<{ done: Buffer } | 'link'> => {
    const named = await nameEntry(entry);
    try {
      const state = await named.stat();
      if (state.isSymbolicLink()) return 'link';
      if (!state.isFile()) throw fault('EINVAL', `${path} is no regular file`);
      return { done: await readNamed(named, path) };
    } finally {
      await named.close();
    }
  };

/**
 * The reported size is ignored: kernel files have none, and a growing file is truncated. A file of the kernel that its container or process takes away after it
 * was found is absent. (Linux, fs/kernfs/file.c, kernfs_seq_start; fs/proc/base.c)
 */
async function readNamed(named: FileHandle, path: string): Promise<Buffer> {
  try {
    return await readWhole(named, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw ['ENODEV', 'ESRCH'].includes(code) ? fault('ENOENT', `${path} is no longer there (${code})`) : error;
  }
}

async function readWhole(named: FileHandle, path: string): Promise<Buffer> {
  const file = await openToRead(named);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE);
      const { bytesRead } = await file.read(piece, 0, PIECE, null);
      if (bytesRead === 0) return Buffer.concat(pieces);
      size += bytesRead;
      if (size > MAX_FILE_LENGTH) throw fault('EFBIG', `${path} is longer than ${MAX_FILE_LENGTH} bytes`);
      pieces.push(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function filesOf(folder: FileHandle, path: string): Promise<[string, string][]> {
  const names = (await readdir(`/proc/self/fd/${folder.fd}`, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  const texts: [string, string][] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const read = names.slice(from, from + AT_ONCE).map(async (name): Promise<[string, string][]> => {
      const place = `${path === '/' ? '' : path}/${name}`;
      // Files that were removed or replaced meanwhile are left out.
      const found = await absentAs(null, readEntry(place)({ folder, name }));
      return found === null || found === 'link' ? [] : [[place, found.done.toString('utf8')]];
    });
    texts.push(...(await Promise.all(read)).flat());
  }
  return texts;
}

/** Opens the parent folder of a path, created when missing, and runs `work` in it. */
function inFolderOf<T>(root: string, path: string, work: (folder: FileHandle, name: string) => Promise<T>): Promise<T> {
  const whole = checkPath(path);
  const parent = dirname(whole);
  return walk(root, parent, true, async (entry) => {
    const folder = await openFolder(entry, true);
    if (folder === 'link') return 'link';
    try {
      return { done: await work(folder, whole.slice(whole.lastIndexOf('/') + 1)) };
    } finally {
      await folder.close();
    }
  });
}

/** SHA-256 of the file in hexadecimal digits, or `absent`. */
async function digestOf(files: NodeFiles, path: string): Promise<string> {
  const bytes = await files.read(path);
  return bytes === undefined ? 'absent' : createHash('sha256').update(bytes).digest('hex');
}

/** Undefined when nothing exists at the path. */
async function stateOf(root: string, path: string, owners: NotedOwners | undefined): Promise<FileState | undefined> {
  const look = async (entry: Entry): Promise<{ done: FileState } | 'link'> => {
    const named = await nameEntry(entry);
    try {
      const state = await named.stat();
      if (state.isSymbolicLink()) return 'link';
      const { uid, gid } = owners?.ownerOf(path) ?? state;
      const { size } = state;
      const facts = { mode: state.mode & 0o7777, uid, gid, size, modified: Math.floor(state.mtimeMs / 1000) };
      if (state.isDirectory()) return { done: { ...facts, kind: 'folder', digest: null } };
      if (!state.isFile()) return { done: { ...facts, kind: 'other', digest: null } };
      if (size > MAX_DIGEST_LENGTH) return { done: { ...facts, kind: 'file', digest: null } };
      const digest = createHash('sha256')
        .update(await readNamed(named, path))
        .digest('hex');
      return { done: { ...facts, kind: 'file', digest } };
    } finally {
      await named.close();
    }
  };
  try {
    return await walk(root, path, false, look);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    // Nothing may be read behind a link that is not followed, so it counts as absent.
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    return { kind: 'link', mode: 0, uid: 0, gid: 0, size: 0, modified: 0, digest: null };
  }
}
