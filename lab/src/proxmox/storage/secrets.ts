// What storages keep apart from storage.cfg, each in a file of its own that only root reads: passwords, keys of Ceph, and keys with which backups are
// encrypted (pve-storage, PVE/Storage/PBSPlugin.pm, CIFSPlugin.pm and ESXiPlugin.pm, PVE/CephConfig.pm).

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Call, warn } from '../call.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

/** Options of a storage that are stored in separate files. */
export const STORAGE_SECRETS: ReadonlySet<string> = new Set(['password', 'keyring', 'encryption-key', 'master-pubkey']);

/** What the keeping of secrets leaves in storage.cfg, and what the call tells of them; undefined for types that tell nothing. */
export interface Kept {
  readonly options: Readonly<Record<string, string>>;
  readonly told: Readonly<Record<string, string>> | undefined;
}

const ADMIN_KEYRING = '/etc/pve/priv/ceph.client.admin.keyring';

/** Keeps the secrets of a storage that is added or changed. @param isNew those that are not given are removed */
export function keepSecrets(call: Call, type: string, id: string, parameters: Parameters, isNew: boolean): Kept {
  keepPassword(call, type, id, parameters, isNew);
  if (type === 'cephfs' || type === 'rbd') keepKeyring(call, type, id, parameters, isNew);
  return type === 'pbs' ? keepKeys(call.node, id, parameters, isNew) : { options: {}, told: undefined };
}

/** Removes them with their storage. */
export function removeSecrets(node: LabNode, id: string): void {
  for (const end of [
    'storage/%s.pw',
    'storage/%s.enc',
    'storage/%s.master.pem',
    'ceph/%s.keyring',
    'ceph/%s.secret',
    'ceph/%s.conf',
  ])
    rmSync(pathOf(node, `etc/pve/priv/${end.replace('%s', id)}`), { force: true });
}

/** Without a value, a password is read from the terminal or from a line of standard input. */
function keepPassword(call: Call, type: string, id: string, parameters: Parameters, isNew: boolean): void {
  const { password, username } = parameters;
  const file = `etc/pve/priv/storage/${id}.pw`;
  if (isCleared(parameters, 'password')) rmSync(pathOf(call.node, file), { force: true });
  if (typeof password !== 'string') return;
  if (type === 'cifs' && username === undefined && !isNew)
    warn(call, `storage ${id}: ignoring password parameter, no user set`);
  const [asked] = password === '' ? call.stdin().toString().split('\n') : [password];
  if (asked === undefined || asked === '') refuse('EOF while reading password');
  write(call.node, file, type === 'cifs' ? `password=${asked}\n` : `${asked}\n`);
}

function keepKeyring(call: Call, type: string, id: string, parameters: Parameters, isNew: boolean): void {
  const keyring = text(parameters, 'keyring');
  const file = `etc/pve/priv/ceph/${id}.${type === 'cephfs' ? 'secret' : 'keyring'}`;
  if (isCleared(parameters, 'keyring')) rmSync(pathOf(call.node, file), { force: true });
  if (keyring !== undefined) write(call.node, file, `${keyring.replace(/\n$/, '')}\n`);
  else if (isNew) copyAdminKeyring(call, type, id, file);
  if (!isNew || type !== 'rbd' || parameters['monhost'] === undefined || !existsSync(pathOf(call.node, file))) return;
  write(call.node, `etc/pve/priv/ceph/${id}.conf`, `[global]\n\tkeyring = /${file}\n\n`);
}

function copyAdminKeyring(call: Call, type: string, id: string, file: string): void {
  if (existsSync(pathOf(call.node, file))) refuse(`ceph authx keyring file for storage '${id}' already exists!`);
  const admin = pathOf(call.node, ADMIN_KEYRING);
  if (!existsSync(admin)) {
    warn(call, `${ADMIN_KEYRING} not found, authentication is disabled.`);
    return;
  }
  const content = readFileSync(admin, 'utf8');
  const [, key = ''] = /^\s*key\s*=\s*(\S+)/m.exec(content) ?? [];
  write(call.node, file, type === 'rbd' ? content : `${key}\n`);
}

/** The key is told to whoever sets it; storage.cfg has its fingerprint alone. */
function keepKeys(node: LabNode, id: string, parameters: Parameters, isNew: boolean): Kept {
  const [file, master] = [`etc/pve/priv/storage/${id}.enc`, `etc/pve/priv/storage/${id}.master.pem`];
  const [key, publicKey] = [text(parameters, 'encryption-key'), text(parameters, 'master-pubkey')];
  const options: Record<string, string> = {};
  const told: Record<string, string> = {};
  if (key !== undefined) {
    const written = key === 'autogen' ? newEncryptionKey() : key;
    options['encryption-key'] = fingerprintOf(written);
    told['encryption-key'] = written;
    write(node, file, `${written.trimEnd()}\n`);
  } else if (isNew || isCleared(parameters, 'encryption-key')) rmSync(pathOf(node, file), { force: true });
  if (publicKey !== undefined) {
    if (isNew && key === undefined) refuse("'master-pubkey' can only be used together with 'encryption-key'");
    options['master-pubkey'] = '1';
    write(node, master, `${Buffer.from(publicKey, 'base64')}\n`);
  } else if (isNew || isCleared(parameters, 'master-pubkey')) rmSync(pathOf(node, master), { force: true });
  return { options, told };
}

/** As `proxmox-backup-client key create --kdf none` writes it. */
function newEncryptionKey(): string {
  const now = new Date().toISOString();
  const fingerprint = randomBytes(32)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:');
  return JSON.stringify({
    kdf: null,
    created: now,
    modified: now,
    data: randomBytes(32).toString('base64'),
    fingerprint,
  });
}

/** The fingerprint in a key; `1` where it has none. */
function fingerprintOf(key: string): string {
  const wrong = 'Value does not seems like a valid, JSON formatted encryption key!';
  try {
    const { data, fingerprint } = JSON.parse(key) as { readonly data?: unknown; readonly fingerprint?: unknown };
    return data === undefined ? refuse(wrong) : typeof fingerprint === 'string' ? fingerprint : '1';
  } catch {
    return refuse(wrong);
  }
}

function isCleared(parameters: Parameters, option: string): boolean {
  return splitList(text(parameters, 'delete') ?? '').includes(option);
}

function write(node: LabNode, path: string, content: string): void {
  mkdirSync(dirname(pathOf(node, path)), { recursive: true });
  writeFileSync(pathOf(node, path), content, { mode: 0o600 });
}
