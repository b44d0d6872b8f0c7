// A node over SSH: equivalent to the local one, with every argument quoted for the remote shell.

import { setTimeout as pause } from 'node:timers/promises';
import type { Content, FileOwner, FileWrite } from '../../model/action.ts';
import type { CommandResult, Host } from '../../ports/host.ts';
import { HostAway, isOfHost } from '../../ports/host-failure.ts';
import { openRedactor, type Redactor } from '../redact.ts';
import { MAX_SECRET_BYTES, type NodeFiles, OutsideFolders } from '../secrets.ts';
import { captureText } from './capture.ts';
import type { ReadContent } from './content.ts';
import { readMany, statesIn } from './files/answers.ts';
import { ABSENT, UNEXPECTED } from './files/perl.ts';
import { SETTLE_MS, SYSTEM_PATH, sizeOf } from './local.ts';
import { endByMarks, isSettled, openMarks } from './marks.ts';
import { describeEnd, openOutput } from './output.ts';
import { checkPath, hasNoFileModes } from './paths.ts';
import type { ProgramEnd } from './program.ts';
import { requester } from './request.ts';
import { secretDigester } from './secret-digests.ts';
import { signer } from './sign/sign.ts';
import { connectSsh, type SshSettings } from './ssh-connection.ts';
import { type NodeAdvice, noSessionAdvice, sshFailure } from './ssh-failure.ts';
import {
  ADD_LINES,
  END_GROUP,
  GUARDED,
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
  /** Name of the node in Proxmox. */
  readonly node: string;
  readonly contents: ReadContent;
  readonly redactor: Redactor;
  /** Remote folder that stands for `/` in file operations. */
  readonly root?: string;
  /** Remote folder that precedes the system's on PATH. */
  readonly path?: string;
  /** Called with advice for a person, at limited intervals. */
  readonly advise?: (advice: NodeAdvice) => void;
}

const FILES_SECONDS = 60;
const BEGIN_MS = 5_000;

/** The user must be root on a Proxmox host, with a POSIX login shell. */
export function sshHost(options: SshHostOptions): Host {
  const { node, target, redactor, root = '', path, advise } = options;
  const searchPath = [...(path === undefined ? [] : [path]), SYSTEM_PATH].join(':');
  const connection = connectSsh(options, searchPath, (said) => advise?.(noSessionAdvice(options, said)));

  /** Waits for a script that is just starting: it could not be ended later. */
  async function endGroup(begun: Promise<number>): Promise<void> {
    const group = await Promise.race([begun, pause(BEGIN_MS)]);
    if (group === undefined) return;
    const nothing = (): void => {};
    const args = [String(group)];
    const call = { input: undefined, timeoutMs: 15_000, signal: undefined, onStdout: nothing, onStderr: nothing };
    await connection.run({ ...call, script: END_GROUP, args });
  }

  /** Runs a file script; resolves to its exit code and output. Fails for any exit code other than 0 and the expected ones. */
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
    const failure = reached ? null : sshFailure(options, exit, reason);
    if (failure !== null) throw failure;
    // The connection failed, so the result is unknown until the next observation. Perl exits with the same code, but names the line.
    if (reached && exit === 255 && !/ at -e line \d/.test(reason))
      throw new HostAway(`${node} (${target}) was lost: ${reason}`);
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
    async (command, { target: changed, signal, onOutput, onWait } = {}): Promise<CommandResult> => {
      const marks = openMarks(onWait);
      const output = openOutput(hide, onOutput, marks.take);
      const { program, timeoutSeconds } = command;
      let end: ProgramEnd;
      try {
        const input = command.stdin && (await contents(command.stdin));
        const words = [program, ...command.args];
        const guard = changed === undefined ? [] : [root, changed, String(timeoutSeconds), sizeOf(input)];
        end = await connection.run({
          script: changed === undefined ? RUN : GUARDED,
          args: [marks.mark, searchPath, ...guard, ...words],
          input,
          timeoutMs: timeoutSeconds * 1000,
          signal,
          onStdout: output.stdout.write,
          onStderr: output.stderr.write,
          endElsewhere: () => endGroup(marks.begun),
          over: marks.over,
        });
      } catch (error) {
        if (isOfHost(error)) throw error;
        return output.neverStarted(error);
      }
      const result = describeEnd(end, output);
      if (marks.told() === undefined && end.ended === 'exited') {
        const failure = sshFailure(options, end.exit, result.stderr);
        // A command that did not start cannot have changed anything; and reads can be repeated.
        if (failure !== null && (marks.group() === undefined || changed === undefined)) throw failure;
        // Something else answered, such as the forced command with a refusal.
        if (failure === null && marks.group() === undefined) return { ...result, exit: null, ended: 'killed' };
      }
      return endByMarks(result, marks, program, `ssh to ${target}: the connection failed or was lost`);
    };
  const run = running(redactor);
  async function settle(changed: string, { signal, onWait }: Parameters<Host['settle']>[1] = {}): Promise<void> {
    const marks = openMarks(onWait);
    const stderr = captureText({ redactor, limit: 4096, take: marks.take });
    const { exit } = await connection.run({
      script: GUARDED,
      args: [marks.mark, searchPath, root, changed, '0', ''],
      input: undefined,
      timeoutMs: SETTLE_MS,
      signal,
      onStdout: () => {},
      onStderr: stderr.write,
      endElsewhere: () => endGroup(marks.begun),
    });
    if (isSettled(marks) || signal?.aborted) return;
    const why = stderr.end().trim();
    throw sshFailure(options, exit, why) ?? new Error(`${node}: cannot see what runs for ${changed}: ${why}`);
  }
  const { dial } = connection;
  const request = requester({ dial, contents, redactor, readFile, writeFile });
  const reveal = running(openRedactor());

  return {
    node,
    run,
    settle,
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
    async addLines({ path: file, lines, absent }) {
      const before = [octal(absent.mode), String(absent.lines.length), ...absent.lines];
      await fileScript(`add lines to ${file}`, ADD_LINES, [checkPath(file), ...before, ...lines], []);
    },
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
  return hasNoFileModes(root, path) ? '' : octal(mode);
}

function ownerWord(owner: FileOwner | undefined): string {
  return owner === undefined ? '' : `${owner.uid}:${owner.gid}`;
}
