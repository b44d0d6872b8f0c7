// update-ca-certificates of the node: adds the certificates below /usr/local/share to those of the system, and removes those that no longer exist.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { replaceFile } from '../proxmox/lock.ts';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';

const LOCAL = '/usr/local/share/ca-certificates';
const CERTS = '/etc/ssl/certs';

/** Debian reads `*.crt` files at any depth. */
function localCertificates(node: LabNode): string[] {
  const folder = pathOf(node, LOCAL);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.crt'))
    .sort();
}

/** `--fresh` removes all links first; without it only those to missing files are removed. */
export const updateCaCertificates: Program = (node, argv) => {
  const stray = argv.find((word) => !['--fresh', '-f', '--verbose', '-v'].includes(word));
  if (stray !== undefined) return failed(`update-ca-certificates: unrecognized option '${stray}'`);
  const certs = pathOf(node, CERTS);
  mkdirSync(certs, { recursive: true });
  const files = localCertificates(node);
  const links = readdirSync(certs).filter((name) => isLocalLink(join(certs, name)));
  const names = new Map(files.map((file) => [`${basename(file, '.crt').replaceAll(/[ ,]/g, '_')}.pem`, file]));
  const removed = links.filter((name) => !names.has(name));
  for (const name of argv.some((word) => word === '--fresh' || word === '-f') ? links : removed)
    rmSync(join(certs, name));
  let added = 0;
  let bundle = '';
  for (const [name, file] of names) {
    const text = readFileSync(pathOf(node, join(LOCAL, file)), 'utf8');
    bundle += text.endsWith('\n') ? text : `${text}\n`;
    if (!links.includes(name)) added += 1;
    rmSync(join(certs, name), { force: true });
    symlinkSync(join('../../..', LOCAL, file), join(certs, name));
  }
  replaceFile(join(certs, 'ca-certificates.crt'), bundle);
  return ok(`Updating certificates in /etc/ssl/certs...\n${added} added, ${removed.length} removed; done.\n`);
};

function isLocalLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink() && readlinkSync(path).includes(LOCAL);
}
