// The node that Phoenix runs on, or a lab host: the same with its programs first on PATH and its files below a folder.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Content, FileWrite } from '../../model/action.ts';
import type { CommandResult, Host } from '../../ports.ts';
import { openRedactor, type Redactor } from '../redact.ts';
import type { NodeFiles } from '../secrets.ts';
import type { ReadContent } from './content.ts';
import { type Dial, dialTcp } from './dial.ts';
import { type NotedOwners, nodeFiles } from './files/files.ts';
import { describeEnd, openOutput } from './output.ts';
import { checkPath } from './paths.ts';
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
  /** Who owns those files, where a lab notes it. */
  readonly owners?: NotedOwners;
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

export function localHost(options: LocalHostOptions): Host {
  const { node, redactor, root = '', owners, path, system = true, dial = dialTcp, runs = runProgram } = options;
  const ofSystem = system ? [dirname(process.execPath), SYSTEM_PATH] : [];
  const env = {
    PATH: [...(path === undefined ? [] : [path]), ...ofSystem].join(':'),
    HOME: homedir(),
    LC_ALL: 'C.UTF-8',
  };
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
    readFile: readNodeFile,
    readFolders: async (folders) => new Map((await Promise.all(folders.map(files.readFolder))).flat()),
    inspect: files.inspect,
    publicKey: async (file) => publicHalf(await files.read(file)),
    writeFile,
    request,
    sign: signer({ dial, redactor, request, run, reveal, readFile: readNodeFile, writeFile }),
    makeFolder: files.makeFolder,
    placeFiles: files.place,
    removeFiles: ({ paths }) => files.remove(paths),
    secretDigests: secretDigester({ contents, readFile: readNodeFile, writeFile }),
    async close() {},
  };
}

function publicHalf(key: Buffer | undefined): string | null {
  if (key === undefined) return null;
  try {
    return createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'pem' }).toString().trim();
  } catch {
    return null;
  }
}
