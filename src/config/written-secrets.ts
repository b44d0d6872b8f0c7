// Finds secrets anywhere in the values: references that the settings forbid or that cannot be resolved, and plain-text secrets recognised by their
// form.

import type { TargetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import { parseReference, referenceRefusal } from '../model/secret-bounds.ts';
import { plainSecretsIn, secretArguments } from '../model/secret-shapes.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Diagnostic } from './diagnostic.ts';
import { notTheContent, placeholderKind } from './read/content.ts';
import type { Place } from './read/place.ts';
import { placeIn } from './read/place.ts';
import { readSopsFile, type SopsFile } from './sops/file.ts';
import { valueAt } from './sops/key-path.ts';

interface WrittenSecrets {
  /** Each blocks only the targets that use it. */
  readonly references: readonly Diagnostic[];
  readonly plain: readonly Diagnostic[];
  /** Whether there is any reference, valid or not. */
  readonly refers: boolean;
}

/** @param known diagnostics of the same values, which are not reported again */
export type LookForSecrets = (
  raw: unknown,
  at: Place,
  known: readonly Diagnostic[],
  target?: TargetId,
) => WrittenSecrets;

export function secretSeeker(files: Snapshot['files'], bounds: SecretBounds): LookForSecrets {
  const opened = new Map<string, ReturnType<typeof readSopsFile>>();
  const sopsFile = (path: string, bytes: Uint8Array): ReturnType<typeof readSopsFile> => {
    const found = opened.get(path) ?? readSopsFile(bytes);
    opened.set(path, found);
    return found;
  };

  /** Null for a valid reference, as far as the repository and the settings tell. */
  function faultOf(reference: string, at: Place): Diagnostic | null {
    const refusal = referenceRefusal(reference, bounds);
    if (refusal !== null) return { code: 'SECRET_NOT_ALLOWED', at, ...refusal };
    const parsed = parseReference(reference);
    if (parsed?.scheme !== 'sops') return null;
    const { file: path, path: way } = parsed;
    const found = files.get(path);
    if (found?.bytes === undefined) return unreadable(path, at, found?.kind);
    const instead = placeholderKind(found.bytes);
    if (instead?.pointer) return notTheContent(path, instead);
    const file = sopsFile(path, found.bytes);
    if ('wrong' in file) {
      return {
        code: 'INVALID_VALUE',
        at,
        message: `${path} ${file.wrong}`,
        hint: 'Its text names the file of the secret; see sops.',
      };
    }
    return faultIn(file, path, way, at);
  }

  return (raw, at, known, target) => {
    const said = new Set(
      known.filter(({ code }) => code === 'PLAINTEXT_SECRET').map((diagnostic) => diagnostic.at.path),
    );
    const common = target === undefined ? {} : { target };
    const references: Diagnostic[] = [];
    const plain: Diagnostic[] = [];
    let refers = false;
    eachText(raw, [], false, (value, keys, isArgument) => {
      if (keys.at(-1) === '$secret') {
        refers = true;
        const fault = faultOf(value, placeIn(at, ...keys));
        if (fault !== null) references.push({ ...fault, ...common });
        return;
      }
      const what = isArgument ? 'a secret by its name' : plainSecretsIn(value)[0]?.what;
      if (what === undefined) return;
      const place = placeIn(at, ...keys);
      if (!said.has(place.path)) plain.push({ ...plainSecret(what, keys, place, bounds), ...common });
    });
    return { references, plain, refers };
  };
}

function unreadable(path: string, at: Place, kind: string | undefined): Diagnostic {
  const hint = 'Add the file to the repository, encrypted by sops, or correct the path; it begins at the config root.';
  if (kind === undefined) return { code: 'MISSING_FILE', at, message: `the encrypted file is missing: ${path}`, hint };
  const message = kind === 'symlink' ? `${path} is a symbolic link, which is not followed` : `${path} cannot be read`;
  return { code: 'MISSING_FILE', at, message, hint };
}

function faultIn(file: SopsFile, path: string, way: string, at: Place): Diagnostic | null {
  const found = valueAt(file, way);
  if (found === null) {
    const hint = 'Write the way to one value: db.password, /db/password, or ["db"]["password"].';
    return { code: 'UNKNOWN_REFERENCE', at, message: `${path} holds no value at ${way}`, hint };
  }
  if (found.leaf.value === '') return { code: 'INVALID_VALUE', at, message: `the secret ${way} in ${path} is empty` };
  if (file.isEncrypted(found.keys) && String(found.leaf.value).startsWith('ENC[')) return null;
  const message = `${way} stands in ${path} in plain text`;
  return {
    code: 'INVALID_VALUE',
    at,
    message,
    hint: 'Let the rules of sops encrypt it, encrypt the file again, and change the secret: it is known now.',
  };
}

function plainSecret(what: string, keys: readonly string[], at: Place, bounds: SecretBounds): Diagnostic {
  const name = keys.findLast((key) => !/^\d+$/.test(key)) ?? 'value';
  return { code: 'PLAINTEXT_SECRET', at, message: `"${name}" holds ${what}, in plain text`, hint: plainHint(bounds) };
}

export function plainHint({ envPrefix, folders }: SecretBounds): string {
  return `Replace it by {"$secret": "env:${envPrefix}NAME"} or {"$secret": "file:${folders[0]}/NAME"}, put it there on the node, and change it: it is known now. A field that takes no reference can hold no secret.`;
}

/** `isArgument`: the preceding argument marks it as a secret. `keys` is reused and must be copied. */
type SeeText = (value: string, keys: readonly string[], isArgument: boolean) => void;

/** Visits every text; number and depth are limited by the reader. */
function eachText(value: unknown, keys: string[], isArgument: boolean, see: SeeText): void {
  if (typeof value === 'string') see(value, keys, isArgument);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const marked = secretArguments(value);
    for (const [index, item] of value.entries()) {
      keys.push(String(index));
      eachText(item, keys, marked.has(index), see);
      keys.pop();
    }
    return;
  }
  for (const key of Object.keys(value)) {
    keys.push(key);
    eachText((value as Record<string, unknown>)[key], keys, false, see);
    keys.pop();
  }
}
