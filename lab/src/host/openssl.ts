// `openssl` of the node: `genpkey` on P-256, `pkey -pubout`, `req -new` by a settings file and `x509 -noout -fingerprint`, with real keys and
// requests. Other calls are refused.

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { keyText, makeRequest, newKey } from '../certificates/certificates.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, type Outcome, ok, type Tree } from '../tree/tree.ts';
import { hostTree } from './files.ts';

export const openssl: Program = (node, argv, stdin) => opensslOn(hostTree(node, stdin), argv);

type Options = ReadonlyMap<string, string>;

function opensslOn(tree: Tree, [command = '', ...words]: readonly string[]): Outcome {
  const known = COMMANDS[command];
  if (known === undefined) return failed(`Invalid command '${command}'; type "help" for a list.`);
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const kind = known.options[word];
    if (kind === undefined) return failed(`${command}: Unknown option or cipher: ${word.replace(/^-+/, '')}`);
    if (kind === 'flag') options.set(word, '');
    else {
      index += 1;
      const value = words[index];
      if (value === undefined) return failed(`${command}: Option ${word} needs a value`);
      options.set(word, value);
    }
  }
  return known.run(tree, options);
}

interface Subcommand {
  readonly options: Readonly<Record<string, 'flag' | 'value'>>;
  readonly run: (tree: Tree, options: Options) => Outcome;
}

const COMMANDS: Readonly<Record<string, Subcommand>> = {
  version: { options: {}, run: () => ok('OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)\n') },
  genpkey: {
    options: { '-algorithm': 'value', '-pkeyopt': 'value', '-out': 'value' },
    run(tree, options) {
      if (options.get('-algorithm') !== 'EC') return failed('Algorithm: only EC is known in a lab');
      if (!/^ec_paramgen_curve:(P-256|prime256v1)$/.test(options.get('-pkeyopt') ?? '')) {
        return failed('genpkey: Error setting ec_paramgen_curve parameter');
      }
      return put(tree, options, keyText(newKey()), 0o600);
    },
  },
  pkey: {
    options: { '-in': 'value', '-pubout': 'flag', '-out': 'value', '-noout': 'flag' },
    run(tree, options) {
      const key = keyAt(tree, options.get('-in') ?? '');
      if (key === undefined) return failed(`Could not read key from ${options.get('-in') ?? '<stdin>'}`);
      if (!options.has('-pubout')) return put(tree, options, keyText(key), 0o600);
      return put(tree, options, createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(), 0o644);
    },
  },
  req: {
    options: { '-new': 'flag', '-config': 'value', '-key': 'value', '-out': 'value' },
    run(tree, options) {
      const file = options.get('-config') ?? '/usr/lib/ssl/openssl.cnf';
      if (!existsSync(tree.at(file))) return failed(`Can't open "${file}" for reading, No such file or directory`);
      const key = keyAt(tree, options.get('-key') ?? '');
      if (key === undefined) return failed(`Could not read private key from ${options.get('-key') ?? ''}`);
      const settings = sections(readFileSync(tree.at(file), 'utf8'));
      const request = settings.get('req');
      const subject = settings.get(request?.get('distinguished_name') ?? '');
      if (subject === undefined) return failed('Unable to find "distinguished_name" in config');
      if (request?.get('prompt') !== 'no') return failed('req: a lab asks nobody: set prompt = no');
      const names = namesIn(settings, request.get('req_extensions') ?? '');
      if (names === undefined) return failed('Error loading request extension section');
      const commonName = subject.get('CN') ?? '';
      if (commonName.length > 64) return failed('string too long: maxsize=64');
      return put(tree, options, makeRequest(key, commonName, names), 0o644);
    },
  },
  x509: {
    options: { '-in': 'value', '-noout': 'flag', '-fingerprint': 'flag', '-sha256': 'flag' },
    run(tree, options) {
      const file = tree.at(options.get('-in') ?? '');
      try {
        const { fingerprint, fingerprint256 } = new X509Certificate(readFileSync(file));
        return ok(
          options.has('-sha256') ? `sha256 Fingerprint=${fingerprint256}\n` : `SHA1 Fingerprint=${fingerprint}\n`,
        );
      } catch {
        return failed(`Could not read certificate from ${options.get('-in') ?? '<stdin>'}`);
      }
    },
  },
};

function put(tree: Tree, options: Options, content: string, mode: number): Outcome {
  const out = options.get('-out');
  if (out === undefined) return ok(content);
  if (!existsSync(dirname(tree.at(out)))) return failed(`Can't open "${out}" for writing, No such file or directory`);
  mkdirSync(dirname(tree.at(out)), { recursive: true });
  const isNew = !existsSync(tree.at(out));
  writeFileSync(tree.at(out), content);
  if (isNew) chmodSync(tree.at(out), mode);
  return ok();
}

function keyAt(tree: Tree, path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(tree.at(path)));
  } catch {
    return undefined;
  }
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

function sections(text: string): Sections {
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of text.split('\n').map((each) => each.replace(/#.*/, '').trim())) {
    const [, section] = /^\[\s*(\S+)\s*\]$/.exec(line) ?? [];
    const [, key, value = ''] = /^([\w.]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section !== undefined) {
      current = new Map();
      found.set(section, current);
    } else if (key !== undefined) current.set(key, value);
  }
  return found;
}

/** Undefined for a missing section. */
function namesIn(settings: Sections, extensions: string): string[] | undefined {
  if (extensions === '') return [];
  const names = settings.get(extensions)?.get('subjectAltName');
  if (names === undefined) return undefined;
  if (!names.startsWith('@')) return names.split(',').map((each) => each.trim().replace(/^(DNS|IP):/, ''));
  const listed = settings.get(names.slice(1));
  return listed === undefined
    ? undefined
    : [...listed].flatMap(([key, value]) => (/^(DNS|IP)\./.test(key) ? [value] : []));
}
