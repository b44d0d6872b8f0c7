// ACME accounts and plugins by the API (pve-manager, PVE/API2/ACMEAccount.pm and ACMEPlugin.pm). No authority is contacted: every account is
// accepted. Secrets of accounts and plugins are never shown.

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WITHOUT_HASHES } from '../../../../src/proxmox/access.ts';
import {
  ACME_ACCOUNTS_FOLDER,
  ACME_PLUGIN_TYPES,
  ACME_PLUGINS_FILE,
  DEFAULT_DIRECTORY,
  type ShownAccount,
  STANDALONE,
  WITHOUT_DATA,
} from '../../../../src/proxmox/acme.ts';
import { parseSections, printSections, type Section } from '../../../../src/proxmox/files/section-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { WITHOUT_SDN_SECRETS } from '../../../../src/proxmox/sdn.ts';
import type { Answer } from '../answer.ts';
import { type Call, print, task } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseLineFeeds, refuseParameters } from '../refusal.ts';

/** Answers a call on them; undefined for any other call. */
export function acmeCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const [, sort] = /^\/cluster\/acme\/(account|plugins)(?:\/\{\w+\})?$/.exec(template) ?? [];
  if (sort === undefined) return undefined;
  const isOne = template.endsWith('}');
  return {
    data: sort === 'account' ? account(call, method, isOne, parameters) : plugin(call.node, method, isOne, parameters),
  };
}

function account(call: Call, method: string, isOne: boolean, parameters: Parameters): unknown {
  const folder = pathOf(call.node, ACME_ACCOUNTS_FOLDER);
  if (method === 'GET' && !isOne) {
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files.filter((name) => /^[a-z][a-z0-9_-]+$/i.test(name)).map((name) => ({ name }));
  }
  const { name: named = 'default', contact, directory = DEFAULT_DIRECTORY, tos_url: tos } = parameters;
  const name = String(named);
  const file = join(folder, name);
  const state = method === 'POST' ? 'already exists' : 'does not exist';
  if (existsSync(file) === (method === 'POST'))
    refuseParameters({ name: `ACME account config file '${name}' ${state}.` });
  const contacts =
    contact === undefined
      ? undefined
      : [contact]
          .flat()
          .flatMap(splitList)
          .map((one) => `mailto:${one}`);
  if (method === 'POST') {
    const made = {
      account: { status: 'valid', contact: contacts ?? [] },
      directory: String(directory),
      location: `${new URL(String(directory)).origin}/acct/1`,
      ...(tos === undefined ? {} : { tos: String(tos) }),
      key: randomBytes(32).toString('base64'),
    };
    task(
      call,
      'acmeregister',
      '',
      () => {
        print(call, 'Registering ACME account..');
        mkdirSync(folder, { recursive: true });
        replaceFile(file, JSON.stringify(made));
      },
      'print',
    );
    return call.upids.at(-1);
  }
  const present = JSON.parse(readFileSync(file, 'utf8')) as ShownAccount & { readonly key: string };
  if (method === 'GET') {
    const { key: _key, ...shown } = present;
    return shown;
  }
  if (method === 'PUT') {
    const next = contacts === undefined ? present : { ...present, account: { ...present.account, contact: contacts } };
    task(call, 'acmeupdate', '', () => replaceFile(file, JSON.stringify(next)), 'print');
  } else task(call, 'acmedeactivate', '', () => renameSync(file, freeName(folder, name)), 'print');
  return call.upids.at(-1);
}

function freeName(folder: string, name: string): string {
  let number = 0;
  while (existsSync(join(folder, `_deactivated_${name}_${number}`))) number++;
  return join(folder, `_deactivated_${name}_${number}`);
}

function plugin(node: LabNode, method: string, isOne: boolean, parameters: Parameters): unknown {
  const { id: named, digest, ...asked } = parameters;
  const id = String(named);
  const raw = fileOf(node);
  const sections = withStandalone(parseSections(raw));
  if (method === 'GET')
    return isOne ? shownPlugin(id, sections) : [...sections.keys()].map((each) => shownPlugin(each, sections));
  if (method === 'DELETE') sections.delete(id);
  else {
    if (method === 'POST' && sections.has(id)) refuse(`ACME plugin ID '${id}' already exists`);
    if (method === 'PUT' && !sections.has(id)) refuse(`ACME plugin ID '${id}' does not exist`);
    if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
      refuse('detected modified configuration - file changed by other user? Try again.');
    const { data: _, ...lines } = asked;
    refuseLineFeeds(lines);
    sections.set(id, changedPlugin(sections.get(id), asked));
  }
  const file = pathOf(node, ACME_PLUGINS_FILE);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, printSections(sections, ['api']));
  return null;
}

/** The plugin that answers on port 80 itself always exists. */
function withStandalone(sections: Map<string, Section>): Map<string, Section> {
  if (sections.get(STANDALONE)?.type !== STANDALONE) sections.set(STANDALONE, { type: STANDALONE, options: {} });
  return sections;
}

function shownPlugin(id: string, sections: ReadonlyMap<string, Section>): unknown {
  const { type, options } = sections.get(id) ?? refuse(`ACME plugin '${id}' not defined`);
  return {
    ...Object.fromEntries(Object.entries(options).map(([option, [value = '']]) => [option, value])),
    type,
    plugin: id,
  };
}

/** @param before undefined for a new one */
function changedPlugin(before: Section | undefined, { type: given, delete: unset, ...options }: Parameters): Section {
  const type = String(given ?? before?.type) as keyof typeof ACME_PLUGIN_TYPES;
  const cleared = splitList(String(unset ?? ''));
  checkPluginOptions(type, before === undefined, options, cleared);
  const kept = Object.entries(before?.options ?? {}).filter(([option]) => !cleared.includes(option));
  const set = Object.entries(options).map(([option, value]) => [option, [String(value)]] as const);
  const { disable, ...others } = Object.fromEntries([...kept, ...set]);
  const isOff = disable !== undefined && disable[0] !== '0';
  return { type, options: { ...others, ...(isOff ? { disable: [''] } : {}) } };
}

/** Refuses options that the type does not have, and required ones that are missing or deleted. */
function checkPluginOptions(
  type: keyof typeof ACME_PLUGIN_TYPES,
  isNew: boolean,
  options: Parameters,
  cleared: readonly string[],
): void {
  const { required, optional } = ACME_PLUGIN_TYPES[type];
  const known: readonly string[] = [...required, ...optional, ...(type === 'dns' ? ['data'] : [])];
  const strange = Object.keys(options).find((option) => !known.includes(option));
  if (strange !== undefined) refuse(`unexpected property '${strange}'`);
  const missing = isNew ? required.find((option) => options[option] === undefined) : undefined;
  if (missing !== undefined) refuse(`missing value for required option '${missing}'`);
  const unknown = cleared.find((option) => !known.includes(option));
  if (unknown !== undefined) refuse(`no such option '${unknown}'`);
  const needed = required.find((option) => cleared.includes(option));
  if (needed !== undefined) refuse(`unable to delete required option '${needed}'`);
}

const SECRET_LINES: ReadonlyMap<string, RegExp> = new Map([
  [WITHOUT_DATA, /^\s*data\s.*\n/gm],
  [WITHOUT_HASHES, /:.*/g],
  [WITHOUT_SDN_SECRETS, /^\s*(?:token|key)\s.*\n/gm],
]);

/** `sed`, for the scripts only that read these files without their secrets. */
export function sed(node: LabNode, argv: readonly string[]): Answer {
  const [script = '', path = ''] = argv;
  const secrets = SECRET_LINES.get(script);
  if (secrets === undefined || argv.length !== 2)
    return { stdout: '', stderr: 'the lab leaves out this script of sed\n', rc: 1 };
  const file = pathOf(node, path);
  if (!existsSync(file)) return { stdout: '', stderr: `sed: can't read ${path}: No such file or directory\n`, rc: 2 };
  return { stdout: readFileSync(file, 'utf8').replace(secrets, ''), stderr: '', rc: 0 };
}

function fileOf(node: LabNode): string {
  const file = pathOf(node, ACME_PLUGINS_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
