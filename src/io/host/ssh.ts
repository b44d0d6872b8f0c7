// A node that is reached over ssh: the same as the local one, with every argument quoted for the shell on the other side.

import { setTimeout as pause } from 'node:timers/promises';
import type { Content, FileOwner, FileWrite } from '../../model/action.ts';
import type { CommandResult, Host } from '../../ports.ts';
import { openRedactor, type Redactor } from '../redact.ts';
import { MAX_SECRET_BYTES, type NodeFiles, OutsideFolders } from '../secrets.ts';
import { captureText } from './capture.ts';
import type { ReadContent } from './content.ts';
import { readMany, statesIn } from './files/answers.ts';
import { ABSENT, UNEXPECTED } from './files/perl.ts';
import { SYSTEM_PATH } from './local.ts';
import { describeEnd, openOutput } from './output.ts';
import { checkPath, holdsNoMode } from './paths.ts';
import type { ProgramEnd } from './program.ts';
import { requester } from './request.ts';
import { secretDigester } from './secret-digests.ts';
import { signer } from './sign/sign.ts';
import { connectSsh, openMarks, type SshSettings } from './ssh-connection.ts';
import {
  END_GROUP,
  INSPECT,
  MAKE_FOLDER,
  PLACE_FILES,
  PUBLIC_KEY,
  READ_FILE,
  READ_FOLDERS,
  READ_WITHIN,
  REMOVE_FILES,
  RUN,
  WRITE_FILE,
} from './ssh-scripts.ts';

export interface SshHostOptions extends SshSettings {
  /** Its name in Proxmox. */
  readonly node: string;
  readonly contents: ReadContent;
  readonly redactor: Redactor;
  /** Folder over there that stands for `/` when files are read and written. */
  readonly root?: string;
  /** Folder over there whose programs come before those of the system. */
  readonly path?: string;
}

const FILES_SECONDS = 60;
const BEGIN_MS = 5_000;
/** Signals as a shell reports them, 128 and their number: HUP, INT, QUIT, ABRT, KILL, SEGV, PIPE, ALRM, TERM. */
const KILLED = new Set([1, 2, 3, 6, 9, 11, 13, 14, 15].map((signal) => 128 + signal));

/** The user must be root on a Proxmox host, with a login shell that reads what `sh` reads. */
export function sshHost(options: SshHostOptions): Host {
  const { node, target, redactor, root = '', path } = options;
  const connection = connectSsh(options);
  const searchPath = [...(path === undefined ? [] : [path]), SYSTEM_PATH].join(':');

  /** A script that is only about to begin is waited for: nobody could end it later. */
  async function endGroup(begun: Promise<number>): Promise<void> {
    const group = await Promise.race([begun, pause(BEGIN_MS)]);
    if (group === undefined) return;
    const nothing = (): void => {};
    const args = [String(group)];
    const call = { input: undefined, timeoutMs: 15_000, signal: undefined, onStdout: nothing, onStderr: nothing };
    await connection.run({ ...call, script: END_GROUP, args });
  }

  /** One of the file scripts; resolves to its exit code and output. Fails for any exit code but 0 and the expected ones. */
  async function fileScript(
    what: string,
    script: string,
    args: readonly string[],
    expected: readonly number[],
    input?: Uint8Array,
  ) {
    const marks = openMarks();
    const stdout: Uint8Array[] = [];
    const stderr = captureText({ redactor, limit: 4096, take: marks.take });
    const { exit } = await connection.run({
      script,
      args: [marks.mark, searchPath, root, ...args],
      input,
      timeoutMs: FILES_SECONDS * 1000,
      signal: undefined,
      onStdout: (chunk) => stdout.push(chunk),
      onStderr: stderr.write,
    });
    const reached = marks.group() !== undefined;
    if (reached && (exit === 0 || expected.includes(exit ?? -1))) return { exit, stdout: Buffer.concat(stdout) };
    const reason = stderr.end().trim();
    throw new Error(
      `${node}: cannot ${what} over ssh to ${target} (${reached ? `exit ${exit}` : 'no connection'}): ${reason}`,
    );
  }

  async function readFile(file: string): Promise<string | undefined> {
    const { exit, stdout } = await fileScript(`read ${file}`, READ_FILE, [checkPath(file)], [ABSENT]);
    return exit === ABSENT ? undefined : stdout.toString('utf8');
  }

  async function writeFile({ path: file, content, mode, owner, expects }: FileWrite): Promise<boolean> {
    const args = [checkPath(file), modeWord(root, file, mode), ownerWord(owner), expects ?? ''];
    const { exit } = await fileScript(`write ${file}`, WRITE_FILE, args, [UNEXPECTED], await contents(content));
    return exit === 0;
  }

  async function readWithin(file: string, folders: readonly string[]): Promise<string | undefined> {
    const args = [file, ...folders].map(checkPath);
    const { exit, stdout } = await fileScript(`read ${file}`, READ_WITHIN, args, [44, 46]);
    if (exit === 46) throw new OutsideFolders(file);
    if (stdout.length > MAX_SECRET_BYTES) throw new Error(`it is larger than ${MAX_SECRET_BYTES} bytes`);
    return exit === 44 ? undefined : stdout.toString('utf8');
  }

  const nodeFiles: NodeFiles = { read: readFile, readWithin };
  const contents = (content: Content): Promise<Uint8Array> => options.contents(content, nodeFiles);

  const running =
    (hide: Redactor): Host['run'] =>
    async (command, options = {}): Promise<CommandResult> => {
      const marks = openMarks();
      const output = openOutput(hide, options.onOutput, marks.take);
      const args = [marks.mark, searchPath, command.program, ...command.args];
      let end: ProgramEnd;
      try {
        const input = command.stdin && (await contents(command.stdin));
        end = await connection.run({
          script: RUN,
          args,
          input,
          timeoutMs: command.timeoutSeconds * 1000,
          signal: options.signal,
          onStdout: output.stdout.write,
          onStderr: output.stderr.write,
          endElsewhere: () => endGroup(marks.begun),
          over: marks.over,
        });
      } catch (error) {
        return output.neverStarted(error);
      }
      const result = describeEnd(end, output);
      if (result.ended === 'timed out' || result.ended === 'aborted' || result.ended === 'not found') return result;
      return afterMarks(result, marks.exit(), `ssh to ${target}`, command.program);
    };
  const run = running(redactor);
  const { dial } = connection;
  const request = requester({ dial, contents, redactor, readFile, writeFile });
  const reveal = running(openRedactor());

  return {
    node,
    run,
    readFile,
    async readFolders(folders) {
      const what = `read ${folders.join(', ')}`;
      const { stdout } = await fileScript(what, READ_FOLDERS, folders.map(checkPath), []);
      return readMany(stdout);
    },
    async inspect(paths) {
      if (paths.length === 0) return new Map();
      const { stdout } = await fileScript('look at files', INSPECT, paths.map(checkPath), []);
      return statesIn(stdout.toString('utf8'));
    },
    async publicKey(file) {
      const { exit, stdout } = await fileScript(`look at ${file}`, PUBLIC_KEY, [checkPath(file)], [1, ABSENT]);
      const text = exit === 0 ? stdout.toString('utf8').trim() : '';
      return text.includes('PUBLIC KEY') ? text : null;
    },
    writeFile,
    request,
    sign: signer({ dial, redactor, request, run, reveal, readFile, writeFile }),
    secretDigests: secretDigester({ contents, readFile, writeFile }),
    async makeFolder({ path: folder, uid, gid, mode }) {
      const owner = `${uid ?? ''}${gid === null ? '' : `:${gid}`}`;
      const bits = mode === undefined ? '' : octal(mode);
      await fileScript(`make ${folder}`, MAKE_FOLDER, [checkPath(folder), owner, bits], []);
    },
    async placeFiles({ files }) {
      const args = files.flatMap(({ from, to, mode, owner }) => [
        ...[checkPath(from), checkPath(to)],
        ...[modeWord(root, to, mode), ownerWord(owner)],
      ]);
      await fileScript(`put ${files.map(({ to }) => to).join(', ')} in place`, PLACE_FILES, args, []);
    },
    async removeFiles({ paths }) {
      await fileScript(`remove ${paths.join(', ')}`, REMOVE_FILES, paths.map(checkPath), []);
    },
    close: () => connection.close(),
  };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function modeWord(root: string, path: string, mode: number): string {
  return holdsNoMode(root, path) ? '' : octal(mode);
}

function ownerWord(owner: FileOwner | undefined): string {
  return owner === undefined ? '' : `${owner.uid}:${owner.gid}`;
}

/** ssh's exit code is the program's, or 255 for a failure of its own: only the marks tell them apart. */
function afterMarks(
  result: CommandResult,
  exit: number | 'missing' | undefined,
  where: string,
  program: string,
): CommandResult {
  if (exit === 'missing') {
    return { ...result, exit: null, ended: 'not found', stderr: `${program}: no such program on this node` };
  }
  if (exit === undefined) {
    const stderr = `${result.stderr.trim()}\n${where}: the connection failed or was lost`.trim();
    return { ...result, exit: null, ended: 'killed', stderr };
  }
  // The blank line before the mark is the script's.
  const stderr = result.stderr.endsWith('\n') ? result.stderr.slice(0, -1) : result.stderr;
  return KILLED.has(exit) ? { ...result, exit: null, ended: 'killed', stderr } : { ...result, exit, stderr };
}
