// Resolves secrets by reference: read at the last moment, registered for redaction immediately, and never stored. References that the settings do not
// allow are refused here too, wherever they come from.

import type { SecretReference } from '../model/action.ts';
import { parseReference, referenceRefusal, type SecretBounds } from '../model/secret-bounds.ts';
import { SecretUnavailable } from '../ports/secret-unavailable.ts';
import type { Redactor } from './redact.ts';
import type { OpenSopsValue } from './sops.ts';

/** Reads files of the node. */
export interface NodeFiles {
  /** Undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Like `read` for a regular file that is really below one of the folders, with links resolved; fails with `OutsideFolders` for any other. */
  readWithin(path: string, folders: readonly string[]): Promise<string | undefined>;
}

/** The file is not a regular file, or a link leads out of the folders allowed for secrets. */
export class OutsideFolders extends Error {
  override readonly name = 'OutsideFolders';
}

/** Maximum size of a secret's file, in bytes. */
export const MAX_SECRET_BYTES = 1024 * 1024;

export interface Secrets {
  /**
   * The value of the agent's variable for `env:NAME`, of the node's file without its last line break for `file:PATH`, or of `sops:FILE#PATH`
   * in the config repo. Errors say what to do, and never contain the value.
   */
  resolve(reference: SecretReference, files: NodeFiles): Promise<string>;
  /** The content of a file of the node in which Phoenix itself stores a secret. */
  kept(path: string, files: NodeFiles): Promise<string>;
}

export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
  readonly bounds: SecretBounds;
  /** Values of Phoenix's own settings, which are never passed on, wherever a copy is. */
  readonly own?: readonly string[];
  /** Reads a file of the config repo. */
  readonly blob?: (id: string) => Promise<Uint8Array>;
  readonly openSops?: OpenSopsValue;
}

export function openSecrets(sources: SecretSources): Secrets {
  const { redactor } = sources;
  const own = new Set((sources.own ?? []).map((value) => value.trim()));
  return {
    async resolve(reference, files) {
      const { $secret: text } = reference;
      const refusal = referenceRefusal(text, sources.bounds);
      if (refusal !== null) throw new SecretUnavailable(`${refusal.message}. ${refusal.hint}`);
      const value = await read(reference, sources, files);
      if (value === '') throw new SecretUnavailable(`the secret ${text} is empty`);
      if (own.has(value.trim())) {
        throw new SecretUnavailable(`the secret ${text} is a setting of Phoenix itself, which is given to no guest`);
      }
      redactor.add(value);
      return value;
    },
    async kept(path, files) {
      const text = (await files.read(path))?.replace(/\r?\n$/, '');
      if (text === undefined || text === '')
        throw new SecretUnavailable(`${path} is not there: converge what keeps it there`);
      redactor.add(text);
      return text;
    },
  };
}

async function read(reference: SecretReference, sources: SecretSources, files: NodeFiles): Promise<string> {
  const { $secret: text } = reference;
  const parsed = parseReference(text);
  switch (parsed?.scheme) {
    case 'env': {
      const value = sources.environment[parsed.name];
      if (value !== undefined) return value;
      throw new SecretUnavailable(`the secret ${text} is not set; put ${parsed.name} into the agent’s environment`);
    }
    case 'file':
      return readFile(text, parsed.path, sources.bounds, files);
    case 'sops':
      return readSops(reference, parsed.path, sources);
    default:
      throw new SecretUnavailable(
        `the secret reference ${JSON.stringify(text)} must be env:NAME, file:/PATH or sops:FILE#PATH`,
      );
  }
}

async function readFile(text: string, path: string, { folders }: SecretBounds, files: NodeFiles): Promise<string> {
  let found: string | undefined;
  try {
    found = await files.readWithin(path, folders);
  } catch (error) {
    if (error instanceof OutsideFolders) {
      throw new SecretUnavailable(
        `the secret ${text} is not allowed: it is no file below ${folders.join(' or ')}, links resolved; put the file itself there`,
      );
    }
    const { code, message } = error as NodeJS.ErrnoException;
    // An unreachable node may answer later.
    if (code === undefined) throw new Error(`the secret ${text}: ${message}`);
    throw new SecretUnavailable(`the secret ${text} cannot be read (${code}): make the file readable for the agent`);
  }
  if (found === undefined) throw new SecretUnavailable(`the secret ${text} is not there; put the file onto the node`);
  return found.replace(/\r?\n$/, '');
}

async function readSops(
  { $secret: text, blob: id }: SecretReference,
  path: string,
  { blob, openSops }: SecretSources,
): Promise<string> {
  if (id === undefined || blob === undefined || openSops === undefined) {
    throw new SecretUnavailable(`the secret ${text} cannot be read: its file is not known here`);
  }
  try {
    return await openSops(await blob(id), path);
  } catch (error) {
    throw new SecretUnavailable(`the secret ${text} ${error instanceof Error ? error.message : 'cannot be opened'}`);
  }
}
