// `phoenix setup-agent`: creates the settings of the agent from a few answers. It writes them and the forge's token where the service reads them,
// creates the webhook if the forge allows it, and ends like `phoenix doctor`. Repeating it keeps what exists.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { certificateSentence } from '../../io/authorities.ts';
import { ensureHook } from '../../io/forge/doctor/ensure-hook.ts';
import type { CreatedApp } from '../../io/forge/github/manifest.ts';
import { makeFolders } from '../../io/make-folders.ts';
import { openRedactor } from '../../io/redact.ts';
import { writeWhole } from '../../io/whole-file.ts';
import { ASKED, answersMissing, type MissingAnswer, SETUP } from '../../messages/setup/setup-agent.ts';
import type { Settings } from '../../settings.ts';
import { connectionFault } from '../connection-fault.ts';
import { BOXES, namesOf } from '../doctor/boxes.ts';
import { doctor } from '../doctor/doctor.ts';
import { SECRET_FILES } from '../env-file.ts';
import { EXIT, type Io } from '../io.ts';
import { agentSettings } from '../read-settings.ts';
import { forgeOptions } from '../rehearse/open-host.ts';
import { isPlain, withVariables } from './env-file.ts';
import { type LoginAnswer, type LoginArgs, loginAnswer, makeLogin } from './forge-login.ts';

export interface SetupAgentArgs extends LoginArgs {
  /** The file that the service reads; its secrets are in files beside it. */
  readonly envFile?: string | undefined;
  readonly repoUrl?: string | undefined;
  readonly branch?: string | undefined;
  readonly forge?: string | undefined;
  readonly forgeApi?: string | undefined;
  readonly publicUrl?: string | undefined;
}

/** The place where install.sh and the Debian package create it. */
const ENV_FILE = '/etc/phoenix/env';
/** The placeholder of the example file. */
const EXAMPLE = /^https:\/\/github\.com\/you\//;
const FORGES: Readonly<Record<string, string>> = {
  'github.com': 'github',
  'www.github.com': 'github',
  'gitlab.com': 'gitlab',
  'codeberg.org': 'gitea',
  'gitea.com': 'gitea',
};

/** Stands in for a token that is not created yet, so that the settings can be validated before. */
const TO_BE_MADE = 'to-be-made';

/** Resolves to the exit code: 1 for answers that are no settings or that the forge refuses, 2 for answers that are missing, else that of the doctor. */
export async function setupAgent(args: SetupAgentArgs, given: Io): Promise<number> {
  const from = given.ask !== undefined ? 'terminal' : given.askPiped !== undefined ? 'pipe' : 'nobody';
  const ask = given.ask ?? given.askPiped;
  const io: Io = ask === undefined ? given : { ...given, ask };
  const file = args.envFile ?? ENV_FILE;
  const place = secretFiles(dirname(file));
  const before = (await textOf(file)) ?? '';
  const answered = await answersOf(args, parseEnv(before) as Readonly<Record<string, string>>, place, io);
  if ('missing' in answered) {
    const why = `phoenix setup-agent: ${answersMissing(answered.missing, from)}`;
    io.stderr([...wrongAmong(answered.values), why, ''].join('\n'));
    return EXIT.usage;
  }
  const { values, login } = answered;
  const known = await secretsIn(place);
  // Validated as the agent will read it, before anything is created or written.
  const wrong = [...unfitValues(values), ...problemsOf(withVariables(before, values), known, login)];
  if (wrong.length > 0) {
    for (const line of wrong) io.stderr(`${line}\n`);
    io.stderr('phoenix setup-agent: nothing was written; give other answers\n');
    return EXIT.no;
  }
  const made = await makeLogin(login, environmentOf(withVariables(before, values), { ...known, forgeToken: '' }), io);
  if (made.as === 'refused') {
    io.stderr(`phoenix setup-agent: ${made.why}\n`);
    return EXIT.no;
  }
  const secrets = {
    ...known,
    ...(made.as === 'token' ? { forgeToken: made.token } : {}),
    ...(made.as === 'app' ? { webhookSecret: made.app.webhookSecret } : {}),
  };
  // As install.sh makes it; one that is there stays as it is.
  await makeFolders(dirname(file), 0o700);
  if (made.as === 'app') for (const [name, value] of await writeApp(made.app, dirname(file))) values.set(name, value);
  const text = withVariables(before, values);
  await writeSecrets(place, secrets);
  if (text !== before) await writeWhole(file, text, 0o600);
  io.stdout(text === before ? SETUP.kept(file) : SETUP.wrote(file));
  return finish(environmentOf(text, secrets), place, io);
}

/** Answers that the file of settings cannot hold as they are, as lines. */
function unfitValues(values: ReadonlyMap<string, string>): string[] {
  return [...values].flatMap(([name, value]) =>
    isPlain(value) ? [] : [`${name}: ${JSON.stringify(value)} has signs that no such value has`],
  );
}

/** Creates the webhook, and ends like the doctor. */
async function finish(environment: ReturnType<typeof environmentOf>, place: SecretFiles, io: Io): Promise<number> {
  const { settings } = agentSettings(environment, { receiving: true });
  if (settings !== null) await makeWebhook(settings, place.webhookSecret, io);
  io.stdout(SETUP.checking);
  const exit = await doctor({ json: false }, { ...io, env: { PATH: io.env['PATH'], ...environment } });
  io.stdout(exit === EXIT.done ? SETUP.start : SETUP.again);
  return exit;
}

/** The given answers that are no settings, as lines, while others are missing: what is missing may follow from a wrong one, such as the token of no forge. */
function wrongAmong(values: ReadonlyMap<string, string>): string[] {
  const given = new Map([...values].filter(([, value]) => value !== ''));
  const { problems } = agentSettings(Object.fromEntries(given), { receiving: true });
  const wrong = problems.filter(({ variable, message }) => given.has(variable) && message.startsWith(`${variable}: `));
  return [...unfitValues(given), ...wrong.map(({ message, hint }) => `${message}\n  ${hint}`)];
}

/** The problems for which the agent would refuse the file, as lines. */
function problemsOf(text: string, known: Secrets, login: LoginAnswer): string[] {
  const forgeToken = login.as === 'token' ? login.token : login.as === 'password' ? TO_BE_MADE : known.forgeToken;
  const environment = environmentOf(text, { ...known, forgeToken });
  // An App cannot be configured before it exists.
  const given = login.as === 'app' ? { ...environment, PHOENIX_FORGE: 'none' } : environment;
  const { problems } = agentSettings(given, { receiving: true });
  return problems.filter(({ severity }) => severity === 'error').map(({ message, hint }) => `${message}\n  ${hint}`);
}

/** Writes its key beside the other secrets. @returns the variables that name it, and unset the token file of the unit */
async function writeApp({ id, pem }: CreatedApp, folder: string): Promise<readonly (readonly [string, string])[]> {
  const key = join(folder, `github-app-${id}.pem`);
  await writeWhole(key, pem, 0o600);
  return [
    ['PHOENIX_APP_ID', String(id)],
    ['PHOENIX_APP_KEY_FILE', key],
    ['PHOENIX_FORGE_TOKEN_FILE', ''],
  ];
}

type Answers =
  | { readonly values: Map<string, string>; readonly login: LoginAnswer }
  | { readonly values: Map<string, string>; readonly missing: readonly MissingAnswer[] };

/** From the options, else from the present settings, else from a person. */
async function answersOf(
  args: SetupAgentArgs,
  set: Readonly<Record<string, string>>,
  place: SecretFiles,
  io: Io,
): Promise<Answers> {
  const missing: MissingAnswer[] = [];
  const answer = async (question: string, option: string, hidden = false): Promise<string> => {
    const said = (await io.ask?.(question, { hidden }))?.trim() ?? '';
    if (said === '') missing.push({ question, option });
    return said;
  };
  const known = set['PHOENIX_REPO_URL'];
  const repoUrl =
    args.repoUrl ?? (known === undefined || EXAMPLE.test(known) ? await answer(ASKED.repoUrl, '--repo-url') : known);
  const isNew = repoUrl !== known;
  const host = URL.parse(repoUrl)?.hostname ?? '';
  const forge =
    args.forge ??
    (isNew
      ? (FORGES[host] ?? (await answer(ASKED.forge, '--forge')))
      : (set['PHOENIX_FORGE'] ?? FORGES[host] ?? 'none'));
  const values = new Map([
    ['PHOENIX_REPO_URL', repoUrl],
    ['PHOENIX_FORGE', forge],
  ]);
  if (args.branch !== undefined) values.set('PHOENIX_BRANCH', args.branch);
  if (args.forgeApi !== undefined) values.set('PHOENIX_FORGE_API', args.forgeApi);
  if (io.ask !== undefined && (args.publicUrl ?? set['PHOENIX_PUBLIC_URL']) === undefined) io.stdout(SETUP.whyAddress);
  const publicUrl = args.publicUrl ?? set['PHOENIX_PUBLIC_URL'] ?? (await io.ask?.(ASKED.publicUrl))?.trim() ?? '';
  if (publicUrl !== '') values.set('PHOENIX_PUBLIC_URL', publicUrl);
  const isSet = set['PHOENIX_APP_ID'] !== undefined || ((await textOf(place.forgeToken)) ?? '').trim() !== '';
  const login = await loginAnswer(args, { forge, repoUrl, publicUrl, isSet }, answer, io);
  // The unit always sets the file of a token; an empty value unsets it.
  if (forge === 'none') values.set('PHOENIX_FORGE_TOKEN_FILE', '');
  return missing.length > 0 ? { values, missing } : { values, login };
}

interface Secrets {
  readonly webhookSecret: string;
  readonly adminToken: string;
  readonly forgeToken: string;
}

type SecretFiles = { readonly [Name in keyof Secrets]: string };

/** The paths that the unit sets (deploy/systemd/phoenix.service). */
function secretFiles(folder: string): SecretFiles {
  return {
    webhookSecret: join(folder, SECRET_FILES.PHOENIX_WEBHOOK_SECRET),
    adminToken: join(folder, SECRET_FILES.PHOENIX_ADMIN_TOKEN),
    forgeToken: join(folder, SECRET_FILES.PHOENIX_FORGE_TOKEN),
  };
}

/** The existing secrets; missing ones of the first two are generated. */
async function secretsIn(place: SecretFiles): Promise<Secrets> {
  const [webhookSecret, adminToken, forgeToken] = await Promise.all(
    [place.webhookSecret, place.adminToken, place.forgeToken].map(async (path) => ((await textOf(path)) ?? '').trim()),
  );
  const random = () => randomBytes(32).toString('hex');
  return { webhookSecret: webhookSecret || random(), adminToken: adminToken || random(), forgeToken: forgeToken ?? '' };
}

async function writeSecrets(place: SecretFiles, secrets: Secrets): Promise<void> {
  for (const name of ['webhookSecret', 'adminToken', 'forgeToken'] as const) {
    const now = await textOf(place[name]);
    if (now === null || now.trim() !== secrets[name]) await writeWhole(place[name], secrets[name], 0o600);
  }
}

/** The environment of the service: the file, which takes precedence, and its secrets. */
function environmentOf(text: string, { webhookSecret, adminToken, forgeToken }: Secrets) {
  const values = parseEnv(text) as Readonly<Record<string, string>>;
  const own = {
    PHOENIX_WEBHOOK_SECRET: webhookSecret,
    PHOENIX_ADMIN_TOKEN: adminToken,
    PHOENIX_FORGE_TOKEN: forgeToken,
  };
  const unsaid = Object.entries(own).filter(
    ([name, value]) => value !== '' && values[name] === undefined && values[`${name}_FILE`] === undefined,
  );
  // An empty file name means none.
  const said = Object.entries(values).filter(([name, value]) => value !== '' || !name.endsWith('_FILE'));
  return Object.fromEntries([...unsaid, ...said]);
}

async function makeWebhook(settings: Settings, secretFile: string, io: Io): Promise<void> {
  const options = forgeOptions(settings, openRedactor());
  const { webhookSecret: secret } = settings;
  if (options === null || options.kind === 'none' || secret === null) return;
  if (options.login.as === 'app') return io.stdout(SETUP.app);
  if (settings.publicUrl === null) return io.stdout(SETUP.noAddress);
  const url = `${settings.publicUrl}/webhooks`;
  const boxes = BOXES[options.kind];
  try {
    const ended = await ensureHook(options, { url, secret: secret.expose(), events: boxes.map(({ event }) => event) });
    io.stdout(
      ended.done === 'refused' ? SETUP.noHook(ended.why, url, secretFile, namesOf(boxes)) : SETUP.hook(ended.done, url),
    );
  } catch (error) {
    // The doctor reports more about a forge that does not answer.
    const why = certificateSentence(error) ?? connectionFault(error);
    io.stdout(SETUP.noHook(why, url, secretFile, namesOf(boxes)));
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
