// The node that Phoenix runs on, or a lab host: the same with its programs first on PATH and its files below a folder.

import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Content, FileWrite } from '../../model/action.ts';
import type { CommandResult, Host } from '../../ports.ts';
import { openRedactor, type Redactor } from '../redact.ts';
import type { NodeFiles } from '../secrets.ts';
import type { ReadContent } from './content.ts';
import { type Dial, dialTcp } from './dial.ts';
import { describeEnd, openOutput } from './output.ts';
import { below, checkPath, holdsNoMode } from './paths.ts';
import { type Program, type ProgramEnd, runProgram } from './program.ts';
import { readFileWithin } from './read-within.ts';
import { requester } from './request.ts';
import { secretDigester } from './secret-digests.ts';
import { signer } from './sign/sign.ts';

export interface LocalHostOptions {
  /** Its name in Proxmox. */
  readonly node: string;
  readonly contents: ReadContent;
  readonly redactor: Redactor;
  /** Folder that stands for `/` when files are read and written. */
  readonly root?: string;
  /** Folders, separated by colons, whose programs come before those of the system. */
  readonly path?: string;
  /** Whether programs of the system are found at all. Default: true; a lab host has only its own. */
  readonly system?: boolean;
  /** How services in the node's network are reached. Default: from this machine. */
  readonly dial?: Dial;
  /** What runs programs. Default: this machine does. */
  readonly runs?: (program: Program) => Promise<ProgramEnd>;
}

/** Where a Proxmox host has its programs. Node's own folder is on it for programs written for Node. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const FILES_AT_ONCE = 32;

export function localHost(options: LocalHostOptions): Host {
  const { node, redactor, root = '', path, system = true, dial = dialTcp, runs = runProgram } = options;
  const ofSystem = system ? [dirname(process.execPath), SYSTEM_PATH] : [];
  const env = {
    PATH: [...(path === undefined ? [] : [path]), ...ofSystem].join(':'),
    HOME: homedir(),
    LC_ALL: 'C.UTF-8',
  };
  const readNodeFile = (file: string): Promise<string | undefined> => readIfThere(below(root, file));
  const readWithin: NodeFiles['readWithin'] = (file, folders) =>
    readFileWithin(
      below(root, file),
      folders.map((folder) => below(root, folder)),
    );
  const nodeFiles: NodeFiles = { read: readNodeFile, readWithin };
  const contents = (content: Content): Promise<Uint8Array> => options.contents(content, nodeFiles);
  const writeFile = async (write: FileWrite): Promise<boolean> =>
    writeAtomically(below(root, write.path), write, await contents(write.content));

  const running =
    (hide: Redactor): Host['run'] =>
    async (command, options = {}): Promise<CommandResult> => {
      const output = openOutput(hide, options.onOutput);
      let input: Uint8Array | undefined;
      try {
        input = command.stdin && (await contents(command.stdin));
        for (const argument of [command.program, ...command.args]) {
          if (argument.includes('\0')) throw new Error('an argument holds a NUL character');
        }
      } catch (error) {
        return output.neverStarted(error);
      }
      const end = await runs({
        program: command.program,
        args: command.args,
        env,
        input,
        timeoutMs: command.timeoutSeconds * 1000,
        signal: options.signal,
        onStdout: output.stdout.write,
        onStderr: output.stderr.write,
      });
      return describeEnd(end, output);
    };
  const run = running(redactor);
  const request = requester({ dial, contents, redactor, readFile: readNodeFile, writeFile });
  const reveal = running(openRedactor());

  return {
    node,
    run,
    readFile: async (file) => readNodeFile(file),
    async readFolders(folders) {
      const found = (await Promise.all(folders.map((folder) => filesIn(root, folder)))).flat();
      const texts = new Map<string, string>();
      for (let from = 0; from < found.length; from += FILES_AT_ONCE) {
        const batch = found.slice(from, from + FILES_AT_ONCE);
        const read = await Promise.all(batch.map((file) => readIfThere(below(root, file))));
        for (const [n, file] of batch.entries()) {
          const text = read[n];
          if (text !== undefined) texts.set(file, text);
        }
      }
      return texts;
    },
    writeFile,
    request,
    sign: signer({ dial, redactor, request, run, reveal, readFile: readNodeFile, writeFile }),
    secretDigests: secretDigester({ contents, readFile: readNodeFile, writeFile }),
    async makeFolder({ path, uid, gid }) {
      const folder = below(root, path);
      await mkdir(folder, { recursive: true, mode: 0o755 });
      if (uid === null && gid === null) return;
      const owner = await stat(folder);
      try {
        await chown(folder, uid ?? owner.uid, gid ?? owner.gid);
      } catch (error) {
        // A lab host has no users of its own, and whoever runs it need not be root.
        if (root === '' || (error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
      }
    },
    async close() {},
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function filesIn(root: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(below(root, folder), { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(checkPath(folder), entry.name));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Beside it first, then renamed: a reader sees the old file or the new one. */
async function writeAtomically(path: string, { mode, expects }: FileWrite, bytes: Uint8Array): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (!holdsNoMode(path)) await chmod(beside, mode);
    if (expects !== undefined && (await digestOf(path)) !== expects) return false;
    await rename(beside, path);
    return true;
  } finally {
    await rm(beside, { force: true });
  }
}

/** SHA-256 in hexadecimal digits, or `absent`. */
async function digestOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (error) {
    if (isAbsent(error)) return 'absent';
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
