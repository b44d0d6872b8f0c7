// The file operations of a node over SSH: each is one script, whose exit code says how it ended.

import type { FileOwner } from '../../model/action.ts';
import type { Host } from '../../ports/host.ts';
import { HostAway } from '../../ports/host-failure.ts';
import { MAX_SECRET_BYTES, type NodeFiles, OutsideFolders } from '../secrets.ts';
import { captureText } from './capture.ts';
import type { ReadContent } from './content.ts';
import { ABSENT, UNEXPECTED } from './files/perl.ts';
import { contentsIn, statesIn } from './files/script-output.ts';
import { openMarks } from './marks.ts';
import { checkPath, hasNoFileModes } from './paths.ts';
import type { SshNode } from './ssh-commands.ts';
import { sshFailure } from './ssh-failure.ts';
import {
  ADD_LINES,
  INSPECT,
  MAKE_FOLDER,
  PLACE_FILES,
  PUBLIC_KEY,
  READ_FILE,
  READ_FOLDERS,
  READ_WITHIN,
  REMOVE_FILES,
  WRITE_FILE,
} from './ssh-scripts.ts';

type FileOperations = Pick<
  Host,
  | ('readFile' | 'readFolders' | 'inspect' | 'publicKey')
  | ('writeFile' | 'addLines' | 'makeFolder' | 'placeFiles' | 'removeFiles')
>;

const FILES_SECONDS = 60;
/** Exit code of `READ_WITHIN` for a file outside the folders. */
const OUTSIDE = 46;

/** A file script with its arguments. */
interface FileScript {
  /** What it does, for errors: `read /etc/hosts`. */
  readonly what: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Exit codes other than 0 that are an answer. */
  readonly expected?: readonly number[];
  readonly input?: Uint8Array | undefined;
}

/** What a file script answers. */
interface ScriptEnd {
  readonly exit: number | null;
  readonly stdout: Buffer;
}

/** The files that contents are read from on the node. */
export function sshNodeFiles(ssh: SshNode): NodeFiles {
  return {
    async read(file) {
      const { exit, stdout } = await fileScript(ssh, {
        what: `read ${file}`,
        script: READ_FILE,
        args: [checkPath(file)],
        expected: [ABSENT],
      });
      return exit === ABSENT ? undefined : stdout.toString('utf8');
    },
    async readWithin(file, folders) {
      const args = [file, ...folders].map(checkPath);
      const { exit, stdout } = await fileScript(ssh, {
        what: `read ${file}`,
        script: READ_WITHIN,
        args,
        expected: [ABSENT, OUTSIDE],
      });
      if (exit === OUTSIDE) throw new OutsideFolders(file);
      if (stdout.length > MAX_SECRET_BYTES) throw new Error(`it is larger than ${MAX_SECRET_BYTES} bytes`);
      return exit === ABSENT ? undefined : stdout.toString('utf8');
    },
  };
}

export function sshFiles(ssh: SshNode, nodeFiles: NodeFiles, contents: ReadContent): FileOperations {
  const { root } = ssh;
  return {
    readFile: nodeFiles.read,
    async readFolders(folders) {
      const what = `read ${folders.join(', ')}`;
      const { stdout } = await fileScript(ssh, { what, script: READ_FOLDERS, args: folders.map(checkPath) });
      return contentsIn(stdout);
    },
    async inspect(paths) {
      if (paths.length === 0) return new Map();
      const { stdout } = await fileScript(ssh, { what: 'look at files', script: INSPECT, args: paths.map(checkPath) });
      return statesIn(stdout.toString('utf8'));
    },
    async publicKey(file) {
      const { exit, stdout } = await fileScript(ssh, {
        what: `look at ${file}`,
        script: PUBLIC_KEY,
        args: [checkPath(file)],
        expected: [1, ABSENT],
      });
      const text = exit === 0 ? stdout.toString('utf8').trim() : '';
      return text.includes('PUBLIC KEY') ? text : null;
    },
    async writeFile({ path: file, content, mode, owner, expects }) {
      const args = [checkPath(file), modeWord(root, file, mode), ownerWord(owner), expects ?? ''];
      const input = await contents(content, nodeFiles);
      const { exit } = await fileScript(ssh, {
        what: `write ${file}`,
        script: WRITE_FILE,
        args,
        expected: [UNEXPECTED],
        input,
      });
      return exit === 0;
    },
    async addLines({ path: file, lines, absent }) {
      const before = [octal(absent.mode), String(absent.lines.length), ...absent.lines];
      await fileScript(ssh, {
        what: `add lines to ${file}`,
        script: ADD_LINES,
        args: [checkPath(file), ...before, ...lines],
      });
    },
    async makeFolder({ path: folder, uid, gid, mode }) {
      const owner = `${uid ?? ''}${gid === null ? '' : `:${gid}`}`;
      const bits = mode === undefined ? '' : octal(mode);
      await fileScript(ssh, { what: `make ${folder}`, script: MAKE_FOLDER, args: [checkPath(folder), owner, bits] });
    },
    async placeFiles({ files }) {
      const args = files.flatMap(({ from, to, mode, owner }) => [
        ...[checkPath(from), checkPath(to)],
        ...[modeWord(root, to, mode), ownerWord(owner)],
      ]);
      await fileScript(ssh, {
        what: `put ${files.map(({ to }) => to).join(', ')} in place`,
        script: PLACE_FILES,
        args,
      });
    },
    async removeFiles({ paths }) {
      await fileScript(ssh, { what: `remove ${paths.join(', ')}`, script: REMOVE_FILES, args: paths.map(checkPath) });
    },
  };
}

/** Runs a file script; resolves to its exit code and output. Fails for any exit code other than 0 and the expected ones. */
async function fileScript(ssh: SshNode, { what, script, args, expected = [], input }: FileScript): Promise<ScriptEnd> {
  const { node, target, redactor, searchPath, root } = ssh;
  const marks = openMarks();
  const stdout: Uint8Array[] = [];
  const stderr = captureText({ redactor, limit: 4096, take: marks.take });
  const { exit } = await ssh.connection.run({
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
  const failure = reached ? null : sshFailure(ssh, exit, reason);
  if (failure !== null) throw failure;
  // The connection failed, so the result is unknown until the next observation. Perl exits with the same code, but names the line.
  if (reached && exit === 255 && !/ at -e line \d/.test(reason))
    throw new HostAway(`${node} (${target}) was lost: ${reason}`);
  throw new Error(
    `${node}: cannot ${what} over ssh to ${target} (${reached ? `exit ${exit}` : 'no connection'}): ${reason}`,
  );
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
