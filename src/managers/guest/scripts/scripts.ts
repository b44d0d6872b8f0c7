// Scripts that are installed in a guest: features and the application script. What was installed is recorded inside the guest as a digest of content
// and inputs, so that a script runs again only when one of them changes. A clone inherits the record.

import { createHash } from 'node:crypto';
import type { Action, Content, SecretReference } from '../../../model/action.ts';
import { ROOT_ON_NODE } from '../../trusted-root.ts';
import type { FeatureScript } from '../declared.ts';
import { action, guestName, type Program, runInside } from '../proxmox/command.ts';
import { ASKING_THE_CA } from '../rules/dependency-cycle.ts';
import { SHIPPED } from './shipped.ts';

/** The record inside a guest of what was installed: one line `name=mark` each, sorted by name. */
export const RECORD_FILE = '/var/lib/phoenix/applied';

const RUNNER = 'etc/features/run-script.sh';

export type Script = {
  readonly name: string;
  readonly path: string;
  /** Git's blob id of the script; null: the script that Phoenix ships. */
  readonly blob: string | null;
  /** Environment variables. */
  readonly inputs: Readonly<Record<string, string>>;
  /** A secret that is passed to the script in a variable of that name. */
  readonly secret: (SecretReference & { readonly variable: string }) | null;
  /** File of the node with the root certificate that the script gets; absent where it needs none. */
  readonly root?: string;
  /** Digest of content and inputs. */
  readonly mark: string;
};

/** What is installed: marks by script name. */
export type Installed = Readonly<Record<string, string>>;

export function script(entry: Omit<Script, 'mark'>): Script {
  const content = entry.blob ?? SHIPPED[entry.path] ?? '';
  const inputs = Object.entries(entry.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const secret = entry.secret && { variable: entry.secret.variable, $secret: entry.secret.$secret };
  const identity = JSON.stringify([content, inputs, secret]);
  return {
    ...entry,
    inputs: Object.fromEntries(inputs),
    mark: createHash('sha256').update(identity).digest('hex').slice(0, 32),
  };
}

/**
 * A feature with the inputs that it reads. They do not depend on the single guest, so that a clone need not install it again; only what vLLM serves
 * differs between guests.
 */
export function featureScript(feature: FeatureScript, inputs: Readonly<Record<string, string>>): Script {
  const wanted = feature.blob === null ? (FEATURE_INPUTS[feature.name] ?? []) : Object.keys(inputs);
  const provided = wanted.flatMap((key) => (inputs[key] === undefined ? [] : [[key, inputs[key]] as const]));
  return script({
    name: feature.name,
    path: feature.path,
    blob: feature.blob,
    inputs: Object.fromEntries(provided),
    secret: null,
    ...(ASKING_THE_CA.has(feature.name) && feature.blob === null && inputs['CA_URL'] !== undefined
      ? { root: ROOT_ON_NODE }
      : {}),
  });
}

/** The inputs that each shipped feature reads; a feature of the config repo gets all. */
const FEATURE_INPUTS: Readonly<Record<string, readonly string[]>> = {
  base_setup: ['TIMEZONE'],
  trusted_ca: ['CA_URL'],
  step_cli: ['CA_URL'],
  step_ca: ['CA_ROOT_NAME', 'CA_DNS_NAME', 'CA_PROVISIONER'],
  traefik: ['CA_URL', 'DOMAIN'],
  nginx_gateway: ['DOMAIN'],
  nvidia: ['NVIDIA_DRIVER_VERSION', 'NVIDIA_REPO_URL', 'NVIDIA_RUNFILE_URL'],
  vllm: ['VLLM_MODEL', 'VLLM_ARGS'],
};

/** The mark that is recorded inside: with a secret, it depends on the secret's value. */
function installedMark({ mark, secret }: Script): string {
  if (secret?.digest === undefined) return mark;
  return createHash('sha256').update(`${mark} ${secret.digest}`).digest('hex').slice(0, 32);
}

/** Reads the record file. */
export function parseInstalled(text: string): Installed {
  const entries = text.split(/\s+/).map((part) => /^([^=]+)=([^=]+)$/.exec(part));
  return Object.fromEntries(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? '', entry[2] ?? '']])));
}

function printInstalled(installed: Installed): string {
  return Object.keys(installed)
    .sort()
    .map((name) => `${name}=${installed[name]}`)
    .join(' ');
}

export function missingScripts(scripts: readonly Script[], installed: Installed): Script[] {
  return scripts.filter((entry) => installed[entry.name] !== installedMark(entry));
}

/** One digest for all scripts: noted on a guest that is shut down permanently, which cannot be inspected. */
export function scriptsDigest(scripts: readonly Script[]): string {
  const marks = scripts.map((entry) => `${entry.name} ${installedMark(entry)}`).join('\n');
  return createHash('sha256').update(marks).digest('hex').slice(0, 32);
}

/**
 * The command that runs inside: it executes the script from standard input and, only if that succeeds, writes the new record, its only argument. The
 * text is constant, so that nothing of the configuration is ever parsed as shell.
 */
const INSTALL =
  'sh -s && mkdir -p /var/lib/phoenix && echo "$1" > /var/lib/phoenix/applied.new && mv /var/lib/phoenix/applied.new /var/lib/phoenix/applied';

/** Runs the missing scripts inside the guest, in order; each records itself in the same command. */
export function installScripts(
  program: Program,
  id: number,
  missing: readonly Script[],
  installed: Installed,
): Action[] {
  let record = installed;
  return missing.map((entry) => {
    record = { ...record, [entry.name]: installedMark(entry) };
    const argv = ['/bin/sh', '-c', INSTALL, 'phoenix', printInstalled(record)];
    const command = runInside(program, id, argv, SCRIPT_SECONDS, scriptInput(entry));
    return action(`install ${entry.name} in ${guestName(program, id)}`, 'live', command);
  });
}

/** Time limit of one script in seconds: drivers and model servers are large. */
const SCRIPT_SECONDS = 3600;

function scriptInput(entry: Script): Content {
  const limit = `PHOENIX_${entry.mark}`;
  const variables = { ...entry.inputs, SCRIPT_NAME: entry.name, SCRIPT_MARK: installedMark(entry) };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const secret: Content[] =
    entry.secret === null
      ? []
      : [
          { from: 'text', text: `${entry.secret.variable}=$(cat <<'${limit}'\n` },
          { from: 'secret', secret: entry.secret },
          { from: 'text', text: `\n${limit}\n)\nexport ${entry.secret.variable}\n` },
        ];
  // Answers of the authority cannot be verified before its root is known, so the node passes the root to the guest.
  const root: Content[] =
    entry.root === undefined
      ? []
      : [
          { from: 'text', text: `CA_ROOT=$(cat <<'${limit}'\n` },
          { from: 'node', path: entry.root },
          { from: 'text', text: `\n${limit}\n)\nCA_ROOT_FINGERPRINT='` },
          { from: 'fingerprint', path: entry.root },
          { from: 'text', text: "'\nexport CA_ROOT CA_ROOT_FINGERPRINT\n" },
        ];
  const content: Content =
    entry.blob === null ? { from: 'shipped', path: entry.path } : { from: 'blob', blob: entry.blob };
  return {
    from: 'joined',
    parts: [
      { from: 'text', text: exports.join('') },
      ...root,
      ...secret,
      { from: 'shipped', path: RUNNER },
      { from: 'text', text: `\nrun_script <<'${limit}'\n` },
      content,
      { from: 'text', text: `\n${limit}\n` },
    ],
  };
}

/** @throws Error for a NUL character, which no variable can contain */
function quote(text: string): string {
  if (text.includes('\0')) throw new Error('a variable of a script holds a NUL character');
  return `'${text.replaceAll("'", "'\\''")}'`;
}
