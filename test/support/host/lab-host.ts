// A lab host whose programs run in the test's process: the same results and files, without a process for each call.

import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createLab,
  type DeclaredStorage,
  declareStorage,
  labNetwork,
  nodeOwners,
  programsHere,
} from 'phoenix-lab/host';
import { composeText } from '../../../src/io/host/compose-text.ts';
import { withFingerprint } from '../../../src/io/host/content.ts';
import { localHost } from '../../../src/io/host/local.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Content } from '../../../src/model/action.ts';
import { dotenvValue } from '../../../src/model/dotenv.ts';
import type { CommandResult, Host } from '../../../src/ports/host.ts';

export interface LabHost extends Host {
  readonly dir: string;
  /** Command lines since the last call of `forget`, including reading ones. */
  readonly commands: string[];
  forget(): void;
  /** Standard inputs of the commands with one. */
  readonly inputs: string[];
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  has(path: string): Promise<boolean>;
  /** Called before each command; its result, if any, replaces the command's. */
  instead: (line: string) => Partial<CommandResult> | undefined;
}

/** @param blobs and secrets by name; shipped files are read from the checkout */
export async function openLabHost(
  storages: readonly DeclaredStorage[] = [],
  contents: Readonly<Record<string, string>> = {},
): Promise<LabHost> {
  const dir = await mkdtemp(join(tmpdir(), 'phoenix-lab-'));
  createLab(dir, { programs: false });
  for (const storage of storages) declareStorage(dir, storage);

  async function bytes(content: Content): Promise<Uint8Array> {
    switch (content.from) {
      case 'text':
        return Buffer.from(content.text);
      case 'blob':
        return Buffer.from(contents[content.blob] ?? `echo ${content.blob}\n`);
      case 'secret':
        return Buffer.from(withFingerprint(await secretOf(content.secret.$secret), content));
      case 'kept':
        return Buffer.from(await secretOf(`file:${content.path}`));
      case 'shipped':
        return readFile(new URL(`../../../${content.path}`, import.meta.url));
      case 'node':
        return Buffer.from((await files.readFile(content.path)) ?? '');
      case 'fingerprint': {
        const { raw } = new X509Certificate((await files.readFile(content.path)) ?? '');
        return Buffer.from(createHash('sha256').update(raw).digest('hex'));
      }
      case 'joined':
        return Buffer.concat(await Promise.all(content.parts.map(bytes)));
      case 'variable':
        return Buffer.from(dotenvValue(Buffer.from(await bytes(content.value)).toString()));
      case 'compose':
        return Buffer.from(composeText(contents[content.blob] ?? '', content));
    }
  }

  async function secretOf(reference: string): Promise<string> {
    const value = contents[reference] ?? (await secretFile(reference));
    redactor.add(value);
    return value;
  }

  /** A secret file on the node. */
  async function secretFile(reference: string): Promise<string> {
    const text = reference.startsWith('file:') ? await files.readFile(reference.slice('file:'.length)) : undefined;
    return text?.trimEnd() ?? '';
  }

  const network = labNetwork(dir);
  const redactor = openRedactor();
  const programs = programsHere(dir);
  const commands: string[] = [];
  const inputs: string[] = [];
  const files = localHost({
    node: 'pve',
    contents: bytes,
    redactor,
    root: dir,
    owners: nodeOwners(dir),
    dial: network.dial,
    async runs(call) {
      const line = [call.program, ...call.args].join(' ');
      commands.push(line);
      if (call.input !== undefined) inputs.push(Buffer.from(call.input).toString('utf8'));
      const ordered = host.instead(line);
      if (ordered === undefined) return programs(call);
      const { exit = 0, ended = 'exited', ms = 0, stdout = '', stderr = '' } = ordered;
      if (stdout !== '') call.onStdout(Buffer.from(stdout));
      if (stderr !== '') call.onStderr(Buffer.from(stderr));
      return { exit, ended, ms, reason: null };
    },
  });
  const host: LabHost = {
    ...files,
    dir,
    commands,
    inputs,
    instead: () => undefined,
    forget() {
      commands.length = 0;
      inputs.length = 0;
    },
    async close() {
      await network.close();
      await rm(dir, { recursive: true, force: true });
    },
    async write(path, text) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    },
    read: (path) => readFile(join(dir, path), 'utf8'),
    has: async (path) => (await files.readFile(path)) !== undefined,
  };
  return host;
}
