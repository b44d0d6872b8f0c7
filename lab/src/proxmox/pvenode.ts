// The program pvenode: the node's options, tasks and ACME by the API, and the certificate of its web interface (pve-manager, PVE/CLI/pvenode.pm, PVE/API2/Certificates.pm, PVE/API2/ACME.pm,
// PVE/CertHelpers.pm). The simulated ACME authority signs every request.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { parseOptionLines } from '../../../src/proxmox/files/option-lines.ts';
import { encodeText } from '../../../src/proxmox/files/section-config.ts';
import { splitList } from '../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../src/proxmox/parameters/property-string.ts';
import { keyText, makeCertificate, newKey } from '../certificates/certificates.ts';
import type { Answer } from './answer.ts';
import { apiVerbs } from './api/verbs.ts';
import { answer, type Call, newCall, print, type Verb } from './call.ts';
import { type LabNode, pathOf } from './node.ts';
import { pagePaths, setPageCertificate } from './objects/certificates.ts';
import type { Parameters } from './parameters/check.ts';
import { refuse, refuseParameters } from './refusal.ts';

const DAY_MS = 86_400_000;
/** Validity of Let's Encrypt's certificates. */
const DAYS = 90;
/** A certificate that ends within this many days is renewed without `--force`. */
const RENEWAL_DAYS = 30;

type Work = (node: LabNode, parameters: Parameters, force: boolean) => string;

const WORK: Readonly<Record<string, Work>> = {
  'cert set': (node, { certificates, key }, force) => {
    setPageCertificate(node, String(certificates), typeof key === 'string' ? key : undefined, force);
    return 'Setting custom certificate files\nRestarting pveproxy\n';
  },
  'cert delete': (node) => {
    for (const path of Object.values(pagePaths(node))) rmSync(pathOf(node, path), { force: true });
    return 'Deleting custom certificate files\nRestarting pveproxy\n';
  },
  'acme cert order': (node, _, force) => {
    if (!force && existsSync(pathOf(node, pagePaths(node).certificate)))
      refuseParameters({ force: "Custom certificate exists but 'force' is not set." });
    return order(node, force);
  },
  'acme cert renew': (node, _, force) => {
    const certificate = pathOf(node, pagePaths(node).certificate);
    if (!existsSync(certificate)) refuse('No current (custom) certificate found, please order a new certificate!');
    const end = Date.parse(new X509Certificate(readFileSync(certificate)).validTo);
    if (end > Date.now() + RENEWAL_DAYS * DAY_MS && !force)
      refuseParameters({ force: "Certificate does not expire within the next 30 days, and 'force' is not set." });
    return `${order(node, true)}Revoking old certificate\n`;
  },
};

/** Those of the certificate print what their task does. */
const CERTIFICATE_VERBS: Readonly<Record<string, Verb>> = Object.fromEntries(
  Object.entries(WORK).map(([name, work]) => [
    `pvenode ${name}`,
    (call: Call, parameters: Parameters): undefined => {
      call.stdout += work(call.node, parameters, parameters['force'] === '1');
      return undefined;
    },
  ]),
);

const VERBS = apiVerbs(
  'pvenode',
  {
    'config get': { print: (call, data) => printConfig(call, data as Readonly<Record<string, unknown>>) },
    'task log': {
      print: (call, data) => {
        for (const { t } of data as readonly { readonly t: string }[]) print(call, t);
      },
    },
    'acme account list': {
      print: (call, data) => {
        for (const { name } of data as readonly { readonly name: string }[]) print(call, name);
      },
    },
  },
  CERTIFICATE_VERBS,
);

/** Answers a call of `pvenode`. */
export function pvenode(node: LabNode, argv: readonly string[]): Answer {
  return answer(newCall(node), 'pvenode', argv, VERBS);
}

/** As the file has it (PVE::NodeConfig::write_node_config). */
function printConfig(call: Call, { digest: _, description, ...options }: Readonly<Record<string, unknown>>): void {
  const notes = String(description ?? '').replace(/\n$/, '');
  if (notes !== '') for (const line of notes.split('\n')) print(call, `#${encodeText(line)}`);
  for (const [name, value] of Object.entries(options).sort()) print(call, `${name}: ${value}`);
}

function order(node: LabNode, force: boolean): string {
  const file = pathOf(node, `etc/pve/nodes/${node.name}/config`);
  const options = parseOptionLines(existsSync(file) ? readFileSync(file, 'utf8') : '');
  const { account, domains } = acmeOf(Object.entries(options).map(([key, [value = '']]) => [key, value]));
  if (domains.length === 0) refuse('ACME domain list in node configuration is missing!');
  if (!existsSync(pathOf(node, `etc/pve/priv/acme/${account}`)))
    refuse(`ACME account config file '${account}' does not exist.`);
  const [key, authority] = [newKey(), newKey()];
  const now = Date.now();
  const certificate = makeCertificate({
    subject: domains[0] ?? '',
    publicKey: createPublicKey(key),
    issuer: { name: 'Lab ACME', key: authority },
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + DAYS * DAY_MS),
    names: domains,
  });
  setPageCertificate(node, certificate, keyText(key), force);
  return 'Placing ACME order\nAll domains validated!\nSetting pveproxy certificate and key\nTask OK\n';
}

function acmeOf(options: readonly (readonly [string, string])[]) {
  let account = 'default';
  const domains = options.flatMap(([key, value]) => {
    const isOne = /^acmedomain\d$/.test(key);
    if (!isOne && key !== 'acme') return [];
    const parsed = parsePropertyString(isOne ? 'storage/acmedomain' : 'storage/acme', value);
    if (!parsed.ok) return [];
    account = parsed.properties['account'] ?? account;
    return isOne ? [parsed.properties['domain'] ?? ''] : splitList(parsed.properties['domains'] ?? '');
  });
  return { account, domains: domains.map((domain) => domain.toLowerCase()).filter((domain) => domain !== '') };
}
