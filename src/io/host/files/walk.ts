// Opens paths of this machine component by component, each folder relative to the descriptor of the previous one, so that nobody can replace a folder
// by a link between a check and its use. `/proc/self/fd/N/NAME` gives Node the effect of `openat`, `renameat` and the like.

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readlink } from 'node:fs/promises';
import { makeFolders } from '../../make-folders.ts';
import { checkPath } from '../paths.ts';
import { LINK_FOLDERS, MAX_LINKS, NOT_FOLLOWED } from './links.ts';

/** An entry of an open folder. */
export interface Entry {
  readonly folder: FileHandle;
  readonly name: string;
}

/** The result of opening an entry: `link` means that it was a link, which opening does not follow. */
type Found<T> = { readonly done: T } | 'link';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** Gives a descriptor of an entry without opening it, so that no device is touched. A Linux flag that Node has no constant for. */
const O_PATH = 0o10000000;
const FOLDER_MODE = 0o755;

export function at({ folder, name }: Entry): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/**
 * Opens the folders of a path and hands its last entry to `finish`. Fails with a sentence that names the path, and the system's `code`.
 *
 * @param root folder that stands for `/`
 * @param make whether missing folders are created
 * @param finish returns `link` when the entry is a link, which is then followed where that is allowed
 */
export async function walk<T>(
  root: string,
  path: string,
  make: boolean,
  finish: (entry: Entry) => Promise<Found<T>>,
): Promise<T> {
  const names = partsOf(checkPath(path));
  const folders = await OpenFolders.at(root, make).catch((error) => {
    throw withPath(error, path);
  });
  try {
    for (let links = 0; ; ) {
      const name = names.shift() ?? '.';
      if (name === '..') {
        await folders.leave();
        if (names.length > 0) continue;
      }
      const entry = { folder: folders.current(), name: name === '..' ? '.' : name };
      const found = names.length > 0 ? await folders.enter(entry, make) : await finish(entry);
      if (found === 'entered') continue;
      if (found !== 'link') return found.done;
      links += 1;
      if (links > MAX_LINKS) throw fault('ELOOP', `${path} goes round in a circle of symbolic links`);
      names.unshift(...partsOf(await folders.follow(entry, path)));
    }
  } catch (error) {
    throw withPath(error, path);
  } finally {
    await folders.close();
  }
}

/** The folders from the root to the current one, each opened relative to the one before. */
class OpenFolders {
  readonly #root: FileHandle;
  readonly #below: { readonly handle: FileHandle; readonly name: string }[] = [];

  private constructor(root: FileHandle) {
    this.#root = root;
  }

  static async at(root: string, make: boolean): Promise<OpenFolders> {
    return new OpenFolders(await openRoot(root, make));
  }

  current(): FileHandle {
    return this.#below.at(-1)?.handle ?? this.#root;
  }

  /** Opens an entry of the current folder, which becomes the current one. */
  async enter(entry: Entry, make: boolean): Promise<'entered' | 'link'> {
    const handle = await openFolder(entry, make);
    if (handle === 'link') return 'link';
    this.#below.push({ handle, name: entry.name });
    return 'entered';
  }

  /** Returns to the folder above; the root has none. */
  async leave(): Promise<void> {
    await this.#below.pop()?.handle.close();
  }

  /** The target of a link in the current folder. @throws where links are not followed */
  async follow(entry: Entry, path: string): Promise<string> {
    const target = await readlink(at(entry));
    const passed = this.#below.map(({ name }) => name);
    const link = `/${[...passed, entry.name].join('/')}`;
    if (!(await mayFollow(entry.folder, passed)))
      throw fault('ELOOP', `${path}: ${link} is a symbolic link to ${target}, ${NOT_FOLLOWED}`);
    // An absolute target starts at the root again.
    if (target.startsWith('/')) await this.#closeBelow();
    return target;
  }

  async close(): Promise<void> {
    await Promise.all([this.#root.close(), this.#closeBelow()]);
  }

  async #closeBelow(): Promise<void> {
    await Promise.all(this.#below.splice(0).map(({ handle }) => handle.close()));
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** The root itself is chosen by the agent, and may be anywhere. */
async function openRoot(root: string, make: boolean): Promise<FileHandle> {
  const folder = root === '' ? '/' : root;
  if (make) await makeFolders(folder);
  return open(folder, O_RDONLY | O_DIRECTORY);
}

/** Opens a folder, created first when missing if requested. */
export async function openFolder(entry: Entry, make: boolean, mode = FOLDER_MODE): Promise<FileHandle | 'link'> {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    return await open(at(entry), flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && make) {
      await mkdir(at(entry), { mode }).catch(unlessThere);
      return openFolder(entry, false);
    }
    if ((code === 'ENOTDIR' || code === 'ELOOP') && (await isLink(entry))) return 'link';
    throw error;
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function isLink(entry: Entry): Promise<boolean> {
  try {
    await readlink(at(entry));
    return true;
  } catch {
    return false;
  }
}

/** A descriptor of the entry itself, also for a link, without opening it. */
export function nameEntry(entry: Entry): Promise<FileHandle> {
  return open(at(entry), O_PATH | O_NOFOLLOW);
}

/** Opens what `nameEntry` returned for reading. Never waits for the other end of a pipe. */
export function openToRead(named: FileHandle): Promise<FileHandle> {
  return open(`/proc/self/fd/${named.fd}`, O_RDONLY | O_NONBLOCK);
}

/** Whether only root, or the user that runs a lab, can have created the entries of a folder. */
async function mayFollow(folder: FileHandle, passed: readonly string[]): Promise<boolean> {
  if (!LINK_FOLDERS.includes(`/${passed.join('/')}`)) return false;
  const { uid, mode } = await folder.stat();
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0;
}

/** An error with the system's code and our own message. */
export function fault(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/** Replaces descriptors in the system's message by the path. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !error.message.includes('/proc/self/fd/')) return error;
  const { code = 'EIO' } = error as NodeJS.ErrnoException;
  const [, what = error.message] = /^\w+: ([^,]+),/.exec(error.message) ?? [];
  return Object.assign(new Error(`${path}: ${what} (${code})`, { cause: error }), { code });
}

export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
