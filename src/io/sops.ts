// Decrypts values of files that sops encrypted for age recipients, in the agent's memory: no program is started, and neither the key nor a value is
// ever in an argument, an environment variable or a file.

import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { readSopsFile, type SopsFile, type SopsNode } from '../config/sops/file.ts';
import { valueAt } from '../config/sops/key-path.ts';

/** Decrypts `path` in the file. Errors say what to do, and never contain a value. */
export type OpenSopsValue = (bytes: Uint8Array, path: string) => Promise<string>;

/** @param identities age identities, one per line; null: none is configured */
export function sopsOpener(identities: string | null): OpenSopsValue {
  return async (bytes, path) => {
    const file = readSopsFile(bytes);
    if ('wrong' in file) throw new Error(file.wrong);
    const found = valueAt(file, path);
    if (found === null) throw new Error(`has no value at ${path}`);
    const key = await dataKey(file, identities);
    const opened = openAll(file, key);
    const value = opened.get(found.leaf);
    if (value === undefined) throw new Error(`has no value at ${path}`);
    return value.type === 'bool' ? value.text.toLowerCase() : value.text;
  };
}

async function dataKey({ dataKeys }: SopsFile, identities: string | null): Promise<Uint8Array> {
  if (identities === null) {
    throw new Error('cannot be opened: the agent knows no key of age; give it one with PHOENIX_SOPS_AGE_KEY_FILE');
  }
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities.split('\n')) decrypter.addIdentity(identity);
  for (const armored of dataKeys) {
    const opened = await decrypter.decrypt(armor.decode(armored.trim())).catch(() => null);
    if (opened?.length === 32) return opened;
  }
  throw new Error(
    'is encrypted to others than the agent; add its recipient to .sops.yaml and run sops updatekeys on the file',
  );
}

interface Opened {
  readonly text: string;
  readonly type: string;
}

type Leaf = Extract<SopsNode, { kind: 'leaf' }>;

/** Initial value of a digest over encrypted values only, so that it never equals one over all values (MACOnlyEncryptedInitialization of sops). */
const ONLY_ENCRYPTED = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex');

/** Decrypts all values, since only the MAC over all of them proves that none was changed, added or moved. */
function openAll(file: SopsFile, key: Uint8Array): ReadonlyMap<Leaf, Opened> {
  const opened = new Map<Leaf, Opened>();
  const digest = createHash('sha512');
  if (file.macOnlyEncrypted) digest.update(ONLY_ENCRYPTED);
  const visit = (node: SopsNode, keys: readonly string[]): void => {
    if (node.kind === 'branch') for (const [name, child] of node.entries) visit(child, [...keys, name]);
    // The position in a list is not part of an element's key.
    else if (node.kind === 'list') for (const item of node.items) visit(item, keys);
    else if (node.value !== null) {
      const encrypted = file.isEncrypted(keys);
      const value = encrypted ? openValue(node.value, key, `${keys.join(':')}:`) : plainValue(node);
      opened.set(node, value);
      if (value.type !== 'comment' && (encrypted || !file.macOnlyEncrypted)) digest.update(value.text);
    }
  };
  visit(file.values, []);
  const expected = openValue(file.mac, key, file.lastModified).text;
  const found = digest.digest('hex').toUpperCase();
  const same = expected.length === found.length && timingSafeEqual(Buffer.from(expected), Buffer.from(found));
  if (!same)
    throw new Error(
      'was changed by another program than sops: its digest does not fit; restore it, or encrypt it again',
    );
  return opened;
}

function openValue(written: string | number | boolean | null, key: Uint8Array, context: string): Opened {
  if (written === '') return { text: '', type: 'str' };
  const [, data, iv, tag, type] =
    /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:(\w+)\]$/.exec(String(written)) ?? [];
  if (data === undefined || iv === undefined || tag === undefined || type === undefined) {
    throw new Error('holds a value that is not encrypted and should be: encrypt the file again');
  }
  const bytes = (text: string) => Buffer.from(text, 'base64');
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, bytes(iv), { authTagLength: 16 });
    cipher.setAAD(Buffer.from(context));
    cipher.setAuthTag(bytes(tag));
    return { text: Buffer.concat([cipher.update(bytes(data)), cipher.final()]).toString('utf8'), type };
  } catch {
    throw new Error(
      'was changed by another program than sops: a value cannot be opened; restore the file, or encrypt it again',
    );
  }
}

/** The form in which sops includes it in its digest. */
function plainValue({ value, source }: Leaf): Opened {
  if (typeof value === 'boolean') return { text: value ? 'True' : 'False', type: 'bool' };
  if (typeof value === 'number') return { text: /^-?\d+$/.test(source) ? source : String(value), type: 'float' };
  return { text: String(value), type: 'str' };
}
