// `phoenix init`: creates a minimal valid config repo without a host. Interactive on a terminal without options.

import { load } from '../load/load.ts';
import { HYPERVISOR_FILE, LXC_FILE } from '../managers/places.ts';
import { problemText } from '../messages/problems/problem.ts';
import { answerRefused, askedAgain, firstSteps, initText, inputEnded, QUESTIONS } from '../messages/setup/init.ts';
import type { JsonObject } from '../model/json.ts';
import type { Problem } from '../model/problem.ts';
import { snapshotOf } from './host/written-snapshot.ts';
import { repositoryFiles } from './import/repository-files.ts';
import { occupied, writeAll } from './import/write.ts';
import { EXIT, type Io } from './io.ts';
import { sourceSettings } from './source.ts';

export interface InitArgs {
  readonly dir: string;
  readonly domain?: string | undefined;
  readonly address?: string | undefined;
  readonly gateway?: string | undefined;
  /** Name of a first container. */
  readonly container?: string | undefined;
  /** Storage of its disk. */
  readonly storage?: string | undefined;
}

type Answers = Pick<InitArgs, 'domain' | 'address' | 'gateway' | 'container' | 'storage'>;

/** In Proxmox's template list, available on every node. */
const TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';
const FIRST_ID = '101';

/** Resolves to the exit code: 0, 1 for invalid answers, 2 for a non-empty folder. */
export async function init({ dir, ...given }: InitArgs, io: Io): Promise<number> {
  const refusal = await occupied(dir);
  if (refusal !== null) {
    io.stderr(`phoenix init: ${refusal.message}\n${refusal.hint}\n`);
    return EXIT.usage;
  }
  const isGiven = Object.values(given).some((value) => value !== undefined);
  const answers = isGiven ? given : await answersOf(io);
  if (answers === null) {
    io.stderr(NOTHING_WRITTEN);
    return EXIT.no;
  }
  const configs = configsOf(answers);
  const errors = errorsOf(answers, io);
  if (errors.length > 0) {
    for (const problem of errors) io.stderr(`${problemText(problem)}\n`);
    io.stderr(NOTHING_WRITTEN);
    return EXIT.no;
  }
  const texts = { ...repositoryFiles(configs), 'README.md': firstSteps(answers.domain ?? DOMAIN) };
  await writeAll(dir, texts);
  io.stdout(initText(dir, Object.keys(texts).sort()));
  return EXIT.done;
}

const NOTHING_WRITTEN = 'phoenix init: nothing was written; give other answers\n';

/** Domain for home networks (RFC 8375). */
const DOMAIN = 'home.arpa';

/** From a person, or from a pipe; none where neither is there. Null for an invalid answer of a pipe. */
async function answersOf(io: Io): Promise<Answers | null> {
  if (io.ask !== undefined) return askAll({ ask: io.ask, io, isPerson: true });
  return io.askPiped === undefined ? {} : askAll({ ask: io.askPiped, io, isPerson: false });
}

interface Interview {
  /** Resolves to null at the end of input: the rest is omitted. */
  readonly ask: NonNullable<Io['ask']>;
  readonly io: Io;
  /** Whether a person answers, who is asked again; in a pipe, the next line answers the next question. */
  readonly isPerson: boolean;
}

/** An empty answer omits the field. Null for an invalid answer of a pipe. */
async function askAll(interview: Interview): Promise<Answers | null> {
  let answers: Answers = {};
  const unanswered: string[] = [];
  for (const question of QUESTIONS_IN_ORDER) {
    const { field, needs } = question;
    if (needs !== undefined && answers[needs] === undefined) continue;
    const answer = await answerTo(question, answers, interview);
    if (answer === 'invalid') return null;
    if (answer === 'end') unanswered.push(`--${field}`);
    else if (answer !== 'none') answers = { ...answers, [field]: answer.text };
  }
  if (unanswered.length > 0) interview.io.stderr(inputEnded(unanswered));
  return answers;
}

/** Asks a person again after an invalid answer, with the reason. `end`: there is no more input. */
async function answerTo(
  { field, text: question }: Question,
  answers: Answers,
  { ask, io, isPerson }: Interview,
): Promise<{ readonly text: string } | 'none' | 'end' | 'invalid'> {
  for (;;) {
    const line = await ask(question);
    if (line === null) return 'end';
    const text = line.trim();
    if (text === '') return 'none';
    const wrong = errorsOf({ ...answers, [field]: text }, io);
    if (wrong.length === 0) return { text };
    for (const { message, hint } of wrong)
      io.stderr(isPerson ? askedAgain(message, hint) : answerRefused(field, message, hint));
    if (!isPerson) return 'invalid';
  }
}

interface Question {
  readonly field: keyof Answers;
  readonly text: string;
  /** It is asked only if this one was answered. */
  readonly needs?: keyof Answers;
}

const QUESTIONS_IN_ORDER: readonly Question[] = [
  { field: 'domain', text: QUESTIONS.domain(DOMAIN) },
  { field: 'address', text: QUESTIONS.address },
  { field: 'gateway', text: QUESTIONS.gateway, needs: 'address' },
  { field: 'container', text: QUESTIONS.container },
  { field: 'storage', text: QUESTIONS.storage, needs: 'container' },
];

function errorsOf(answers: Answers, io: Io): readonly Problem[] {
  const { problems } = load(snapshotOf(configsOf(answers)), sourceSettings(io));
  return problems.filter(({ severity }) => severity === 'error');
}

function configsOf({ domain = DOMAIN, address, gateway, container, storage = 'local-lvm' }: Answers) {
  const interfaces = { ...(address === undefined ? {} : { address }), ...(gateway === undefined ? {} : { gateway }) };
  const hypervisor: JsonObject = {
    domain_name: domain,
    ...(Object.keys(interfaces).length === 0 ? {} : { network: { interfaces } }),
    ...(BUILT_IN.has(storage) ? {} : { proxmox_storage_ids: { [storage]: storage } }),
  };
  const first: JsonObject = {
    name: container,
    template: TEMPLATE,
    memory_mb: 512,
    storage_pool: storage,
    storage_size_gb: 8,
    network_config: { ip: 'dhcp' },
    firewall: { enabled: false },
  };
  const files: Record<string, JsonObject> = { [HYPERVISOR_FILE]: hypervisor };
  if (container !== undefined) files[LXC_FILE] = { lxc_configs: { [FIRST_ID]: first } };
  return files;
}

/** Storages created by Proxmox's installer, which need no declaration. */
const BUILT_IN: ReadonlySet<string> = new Set(['local-lvm', 'local-zfs']);
