// Obtains a certificate by ACME (RFC 8555): each name is proved by a file that the gateway serves on port 80. The protocol is implemented by
// acme-client; this adds the connection to the authority, the account key and the placement of files.

import type { Agent } from 'node:https';
import { isIP } from 'node:net';
import acme from 'acme-client';
import type { SigningWay } from '../../../model/action.ts';
import { httpsAgent } from '../agents.ts';
import type { Signing } from './sign.ts';

type ByAcme = Extract<SigningWay, { kind: 'acme' }>;
type Authorization = acme.Authorization;

/** Number of polls for the authority's result, and the delays between them in milliseconds. */
const WAITING = { backoffAttempts: 12, backoffMin: 250, backoffMax: 5_000 };

/** The library has one global HTTP agent for all clients, so they run one at a time. */
let turn: Promise<unknown> = Promise.resolve();

/** The certificate with its intermediates, as PEM. */
export async function signByAcme(signing: Signing, by: ByAcme): Promise<string> {
  const mine = turn.then(
    () => order(signing, by),
    () => order(signing, by),
  );
  turn = mine;
  return mine;
}

async function order(signing: Signing, by: ByAcme): Promise<string> {
  const { asked, csr, dial, root, signal } = signing;
  signal.throwIfAborted();
  const way = noting(httpsAgent({ dial, address: asked.address ?? undefined, ca: root, verify: true, signal }));
  Object.assign(acme.axios.defaults, {
    httpsAgent: way.agent,
    proxy: false,
    timeout: asked.timeoutSeconds * 1000,
    acmeSettings: { retryMaxAttempts: 1, retryDefaultDelay: 1 },
  });
  const directoryUrl = `${asked.authority}${by.directory}`;
  const client = new acme.Client({ directoryUrl, accountKey: await accountKey(signing, by), ...WAITING });
  try {
    await logIn(client, way);
    const identifiers = asked.names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
    const until = asked.lifetimeSeconds === null ? {} : { notAfter: secondsFromNow(asked.lifetimeSeconds) };
    const ordered = await client.createOrder({ identifiers, ...until });
    for (const each of await client.getAuthorizations(ordered)) {
      if (each.status !== 'valid') await prove(signing, by, client, each);
    }
    const final = await client.finalizeOrder(ordered, csr);
    return await client.getCertificate(final);
  } catch (error) {
    signal.throwIfAborted();
    const lost = way.failure();
    if (lost !== null) throw new Error(`${asked.authority} does not answer: ${lost}`);
    throw new Error(`${directoryUrl}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Way {
  readonly agent: Agent;
  /** Why the last connection failed; null when it succeeded. */
  failure(): string | null;
}

/** Records why a connection failed, which the library does not report. */
function noting(agent: Agent): Way {
  let failure: string | null = null;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (target, done) =>
    connect(target, (error, socket) => {
      failure = error === null ? null : error.message;
      done?.(error, socket);
    });
  return { agent, failure: () => failure };
}

/** Logs in to the account of the key, created only where the authority does not know it: a strict authority rejects repeated creation. */
async function logIn(client: acme.Client, { failure }: Way): Promise<void> {
  try {
    await client.createAccount({ onlyReturnExisting: true });
  } catch (error) {
    if (failure() !== null) throw error;
    await client.createAccount({ termsOfServiceAgreed: true });
  }
}

function secondsFromNow(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

async function prove(signing: Signing, by: ByAcme, client: acme.Client, authorization: Authorization): Promise<void> {
  const { value } = authorization.identifier;
  const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
  if (challenge === undefined) throw new Error(`${value} cannot be proved over HTTP; use "issuer": "jwk"`);
  // The token becomes a file name.
  if (!/^[\w-]+$/.test(challenge.token)) throw new Error(`the token for ${value} is none`);
  const { container, folder } = by.challenges;
  const file = `${folder}/${challenge.token}`;
  const proof = await client.getChallengeKeyAuthorization(challenge);
  await inside(signing, container, ['mkdir', '-p', folder]);
  await inside(signing, container, ['tee', file], `${proof}`);
  try {
    await inside(signing, container, ['chmod', '644', file]);
    await client.completeChallenge(challenge);
    await client.waitForValidStatus(challenge);
  } catch (error) {
    throw new Error(`${value} could not be proved: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await inside(signing, container, ['rm', '-f', file]);
  }
}

async function inside({ run }: Signing, container: number, argv: readonly string[], input?: string): Promise<void> {
  const args = ['exec', String(container), '--keep-env', '0', '--', ...argv];
  const stdin = input === undefined ? {} : { stdin: { from: 'text', text: input } as const };
  const result = await run({ kind: 'command', program: 'pct', args, timeoutSeconds: 60, ...stdin });
  if (result.exit === 0) return;
  throw new Error(`${argv[0]} in container ${container}: ${result.stderr.trim() || result.ended}`);
}

/** Stored on the node, so that all certificates use the same account. */
async function accountKey({ readFile, writeFile, redactor }: Signing, { account }: ByAcme): Promise<string> {
  const known = await readFile(account);
  if (known !== undefined) {
    redactor.add(known);
    return known;
  }
  const key = (await acme.crypto.createPrivateEcdsaKey()).toString();
  redactor.add(key);
  const content = { from: 'text', text: key } as const;
  if (await writeFile({ kind: 'file', path: account, content, mode: 0o600, expects: 'absent' })) return key;
  return (await readFile(account)) ?? key;
}
