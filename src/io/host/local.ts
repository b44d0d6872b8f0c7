// The node that Phoenix runs on, or a lab host, whose programs come first on PATH and whose files are below a folder.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Content, FileLines, FileWrite } from '../../model/action.ts';
import type { CommandResult, Host } from '../../ports/host.ts';
import { openRedactor, type Redactor } from '../redact.ts';
import type { NodeFiles } from '../secrets.ts';
import type { ReadContent } from './content.ts';
import { type Dial, dialTcp } from './dial.ts';
import { type NotedOwners, nodeFiles } from './files/files.ts';
import { LINES } from './files/perl.ts';
import { GUARD } from './guard.ts';
import { endByMarks, isSettled, openMarks } from './marks.ts';
import { describeEnd, openOutput } from './output.ts';
import { checkPath } from './paths.ts';
import { type Program, type ProgramEnd, runProgram } from './program.ts';
import { readFileWithin } from './read-within.ts';
import { requester } from './request.ts';
import { secretDigester } from './secret-digests.ts';
import { signer } from './sign/sign.ts';

export interface LocalHostOptions {
  /** Name of the node in Proxmox. */
  readonly node: string;
  readonly contents: ReadContent;
  readonly redactor: Redactor;
  /** Folder that stands for `/` in file operations. */
  readonly root?: string;
  /** Owners of those files, where a lab records them. */
  readonly owners?: NotedOwners;
  /** Folders, separated by colons, that precede the system's on PATH. */
  readonly path?: string;
  /** Whether system programs are found. Default: true; a lab host has only its own. */
  readonly system?: boolean;
  /** How to connect to services in the node's network. Default: from this machine. */
  readonly dial?: Dial;
  /** Runs programs inside this process, so that none is left behind. Default: as child processes. */
  readonly runs?: (program: Program) => Promise<ProgramEnd>;
}

/** PATH of a Proxmox host. Node's own folder is added for programs written for Node. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const FILES_MS = 60_000;

/** Maximum wait for earlier programs. They have their own time limits: this is for one that never ends. */
export const SETTLE_MS = 3 * 3600 * 1000;

export function localHost(options: LocalHostOptions): Host {
  const { node, redactor, root = '', owners, path, system = true, dial = dialTcp, runs = runProgram } = options;
  const guards = options.runs === undefined;
  const ofSystem = system ? [dirname(process.execPath), SYSTEM_PATH] : [];
  const env = {
    PATH: [...(path === undefined ? [] : [path]), ...ofSystem].join(':'),
    HOME: homedir(),
    LC_ALL: 'C.UTF-8',
  };
  // An absolute path is relative to the host's root.
  const placed = (program: string): string => (program.startsWith('/') ? root + program : program);
  const files = nodeFiles(root, owners);
  const readNodeFile = async (file: string): Promise<string | undefined> => (await files.read(file))?.toString('utf8');
  const readWithin: NodeFiles['readWithin'] = (file, folders) =>
    readFileWithin(
      root + checkPath(file),
      folders.map((folder) => root + checkPath(folder)),
    );
  const contents = (content: Content): Promise<Uint8Array> =>
    options.contents(content, { read: readNodeFile, readWithin });
  const writeFile = async (write: FileWrite): Promise<boolean> => files.write(write, await contents(write.content));

  const running =
    (hide: Redactor): Host['run'] =>
    async (command, options = {}): Promise<CommandResult> => {
      const marks = openMarks(options.onWait);
      const output = openOutput(hide, options.onOutput, marks.take);
      let input: Uint8Array | undefined;
      try {
        input = command.stdin && (await contents(command.stdin));
        for (const argument of [command.program, ...command.args]) {
          if (argument.includes('\0')) throw new Error('an argument holds a NUL character');
        }
      } catch (error) {
        return output.neverStarted(error);
      }
      const call = {
        env,
        input,
        timeoutMs: command.timeoutSeconds * 1000,
        signal: options.signal,
        onStdout: output.stdout.write,
        onStderr: output.stderr.write,
      };
      if (options.target === undefined || !guards) {
        return describeEnd(await runs({ ...call, program: placed(command.program), args: command.args }), output);
      }
      const { program, args, timeoutSeconds } = command;
      const words = [options.target, String(timeoutSeconds), sizeOf(input), placed(program), ...args];
      const end = await runs({ ...call, ...guarded(marks.mark, root, words), over: marks.over });
      return endByMarks(describeEnd(end, output), marks, program, 'what watched over it on the node ended');
    };
  async function settle(target: string, { signal, onWait }: Parameters<Host['settle']>[1] = {}): Promise<void> {
    if (!guards) return;
    const marks = openMarks(onWait);
    const { stdout, stderr } = openOutput(redactor, undefined, marks.take);
    const call = {
      env,
      input: undefined,
      timeoutMs: SETTLE_MS,
      signal,
      onStdout: stdout.write,
      onStderr: stderr.write,
    };
    await runs({ ...call, ...guarded(marks.mark, root, [target, '0', '']) });
    const why = stderr.end().trim();
    if (!isSettled(marks) && !signal?.aborted) throw new Error(`${node}: cannot see what runs for ${target}: ${why}`);
  }
  /** In Perl, as over SSH, since Node cannot lock files that other processes edit too. */
  async function addLines({ path: file, lines, absent }: FileLines): Promise<void> {
    const before = [absent.mode.toString(8).padStart(4, '0'), String(absent.lines.length), ...absent.lines];
    const { stdout, stderr } = openOutput(redactor, undefined);
    const call = {
      env,
      input: undefined,
      timeoutMs: FILES_MS,
      signal: undefined,
      onStdout: stdout.write,
      onStderr: stderr.write,
    };
    const args = ['-e', LINES, '--', root, checkPath(file), ...before, ...lines];
    const { exit, reason } = await runProgram({ ...call, program: '/usr/bin/perl', args });
    if (exit !== 0) throw new Error(`${node}: cannot add lines to ${file}: ${reason ?? stderr.end().trim()}`);
  }
  const run = running(redactor);
  const request = requester({ dial, contents, redactor, readFile: readNodeFile, writeFile });
  const reveal = running(openRedactor());

  return {
    node,
    run,
    settle,
    readFile: readNodeFile,
    readFolders: async (folders) => new Map((await Promise.all(folders.map(files.readFolder))).flat()),
    inspect: files.inspect,
    publicKey: async (file) => publicHalf(await files.read(file)),
    writeFile,
    request,
    sign: signer({ dial, redactor, request, run, reveal, readFile: readNodeFile, writeFile }),
    addLines,
    makeFolder: files.makeFolder,
    placeFiles: files.place,
    removeFiles: ({ paths }) => files.remove(paths),
    secretDigests: secretDigester({ contents, readFile: readNodeFile, writeFile }),
    async close() {},
  };
}

/** Number of bytes of standard input, as an argument of the guard. */
export function sizeOf(input: Uint8Array | undefined): string {
  return input === undefined ? '' : String(input.byteLength);
}

function guarded(mark: string, root: string, words: readonly string[]): Pick<Program, 'program' | 'args'> {
  return { program: '/usr/bin/perl', args: ['-e', GUARD, '--', mark, root, ...words] };
}

function publicHalf(key: Buffer | undefined): string | null {
  if (key === undefined) return null;
  try {
    return createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'pem' }).toString().trim();
  } catch {
    return null;
  }
}
