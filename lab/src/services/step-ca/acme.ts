// The ACME provisioner of step-ca (RFC 8555): accounts, orders, and names proved by a file on port 80 (http-01), which the authority's guest requests
// through the lab's network.

import { request as httpRequest } from 'node:http';
import {
  calculateJwkThumbprint,
  EmbeddedJWK,
  type FlattenedJWSInput,
  flattenedVerify,
  importJWK,
  type JWK,
} from 'jose';
import type { Peer } from '../service.ts';
import type { Answer, Asked } from './api.ts';
import { type Authority, newId } from './authority.ts';
import { Refusal } from './refusal.ts';

const PREFIX = '/acme/acme';
const PROOF_LIMIT_MS = 10_000;

interface Proof {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly token: string;
  status: 'pending' | 'valid' | 'invalid';
  error?: { readonly type: string; readonly detail: string };
}

interface Order {
  readonly id: string;
  readonly account: string;
  readonly proofs: readonly Proof[];
  readonly notAfter: string | undefined;
  certificate?: string;
}

/** The payload of a request for a new order. */
interface NewOrder {
  readonly identifiers: readonly { readonly value: string }[];
  readonly notAfter: string | undefined;
}

export interface Acme {
  /** Undefined: not a request of this API. @throws Refusal */
  answer(authority: Authority, peer: Peer, base: string, request: Asked): Promise<Answer | undefined>;
}

/** Accounts and orders live as long as the lab's network. */
export function openAcme(): Acme {
  const nonces = new Set<string>();
  const accounts = new Map<string, JWK>();
  const proofs = new Map<string, Proof>();
  const orders = new Map<string, Order>();

  const nonce = (): string => {
    const made = newId();
    nonces.add(made);
    return made;
  };
  const orderJson = (base: string, { id, proofs: its, notAfter, certificate }: Order) => ({
    status: statusOf(its, certificate),
    identifiers: its.map(({ name }) => ({ type: 'dns', value: name })),
    authorizations: its.map((proof) => `${base}/authz/${proof.id}`),
    finalize: `${base}/order/${id}/finalize`,
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(certificate === undefined ? {} : { certificate: `${base}/certificate/${id}` }),
  });
  const challengeJson = (base: string, { id, token, status, error }: Proof) => ({
    type: 'http-01',
    url: `${base}/challenge/${id}`,
    token,
    status,
    ...(error === undefined ? {} : { error }),
  });

  /** The payload of a request that is signed by an account, or by the key of a new one. */
  async function verified(url: string, body: string, isNew: boolean) {
    const jws = JSON.parse(body);
    const head = JSON.parse(Buffer.from(jws.protected, 'base64url').toString());
    if (head.url !== url) throw problem('unauthorized', `url header parameter in JWS (${head.url}) does not match`);
    if (!nonces.delete(head.nonce)) throw problem('badNonce', 'The client sent an unacceptable anti-replay nonce');
    const id = await accountOf(head, isNew);
    const known = accounts.get(id);
    if (!isNew && known === undefined) throw problem('accountDoesNotExist', 'Account does not exist');
    const key = isNew ? EmbeddedJWK : await importJWK(known ?? {}, head.alg);
    const { payload } = await verifiedBy(jws, key);
    const text = Buffer.from(payload).toString();
    return { account: id, jwk: head.jwk as JWK, payload: text === '' ? {} : JSON.parse(text) };
  }

  async function answerPost(authority: Authority, peer: Peer, base: string, asked: Asked): Promise<Answer | undefined> {
    const [, what = '', id = ''] = asked.path.slice(PREFIX.length).split('/');
    const { account, jwk, payload } = await verified(
      `${base}${asked.path.slice(PREFIX.length)}`,
      asked.body,
      what === 'new-account',
    );
    if (what === 'new-account') return newAccount(base, account, jwk, payload.onlyReturnExisting === true);
    if (what === 'account') return accountAnswer(account, id);
    if (what === 'new-order') return newOrder(base, account, payload);
    const proof = proofs.get(id);
    const order = orders.get(id);
    if ((proof ?? order)?.account !== account) throw problem('unauthorized', 'account does not own it');
    if (proof !== undefined && what === 'challenge') return proveAnswer(base, proof, account, peer);
    if (proof !== undefined && what === 'authz') return proofAnswer(base, proof);
    return order && orderAnswer(authority, base, order, asked, payload.csr);
  }

  /** @param csr of a request to finalize it */
  async function orderAnswer(
    authority: Authority,
    base: string,
    order: Order,
    { path }: Asked,
    csr: string,
  ): Promise<Answer> {
    const [, what = '', , more = ''] = path.slice(PREFIX.length).split('/');
    if (what === 'certificate' && order.certificate !== undefined) return certificateAnswer(order.certificate);
    if (what === 'order' && more === 'finalize') await finalize(authority, order, csr);
    return { status: 200, headers: { Location: `${base}/order/${order.id}` }, body: orderJson(base, order) };
  }

  /** The id of an account is the thumbprint of its key. */
  async function proveAnswer(base: string, proof: Proof, thumbprint: string, peer: Peer): Promise<Answer> {
    if (proof.status === 'pending') await prove(proof, thumbprint, peer);
    return { status: 200, body: challengeJson(base, proof) };
  }

  function proofAnswer(base: string, proof: Proof): Answer {
    const identifier = { type: 'dns', value: proof.name };
    return { status: 200, body: { status: proof.status, identifier, challenges: [challengeJson(base, proof)] } };
  }

  function newAccount(base: string, account: string, key: JWK, onlyExisting: boolean): Answer {
    const isKnown = accounts.has(account);
    if (!isKnown && onlyExisting) throw problem('accountDoesNotExist', 'Account does not exist');
    accounts.set(account, key);
    const location = { Location: `${base}/account/${account}` };
    return { status: isKnown ? 200 : 201, headers: location, body: { status: 'valid', orders: '' } };
  }

  function newOrder(base: string, account: string, { identifiers, notAfter }: NewOrder): Answer {
    const its = identifiers.map(
      ({ value }): Proof => ({ id: newId(), account, name: value, token: newId(), status: 'pending' }),
    );
    for (const proof of its) proofs.set(proof.id, proof);
    const order: Order = { id: newId(), account, proofs: its, notAfter };
    orders.set(order.id, order);
    return { status: 201, headers: { Location: `${base}/order/${order.id}` }, body: orderJson(base, order) };
  }

  return {
    async answer(authority, peer, origin, asked) {
      if (!asked.path.startsWith(`${PREFIX}/`)) return undefined;
      const base = `${origin}${PREFIX}`;
      const withNonce = (answer: Answer | undefined): Answer | undefined =>
        answer && { ...answer, headers: { ...answer.headers, 'Replay-Nonce': nonce() } };
      if (asked.path === `${PREFIX}/directory`) {
        const of = (name: string): string => `${base}/${name}`;
        const urls = { newNonce: of('new-nonce'), newAccount: of('new-account'), newOrder: of('new-order') };
        return { status: 200, body: { ...urls, revokeCert: of('revoke-cert'), keyChange: of('key-change') } };
      }
      if (asked.path === `${PREFIX}/new-nonce`) return withNonce({ status: asked.method === 'HEAD' ? 200 : 204 });
      if (asked.method !== 'POST') return undefined;
      return withNonce(await answerPost(authority, peer, base, asked));
    },
  };
}

/** The id of the account that signs: the thumbprint of a new one's key, or the end of its URL. */
async function accountOf(head: { readonly jwk?: JWK; readonly kid?: string }, isNew: boolean): Promise<string> {
  return isNew
    ? calculateJwkThumbprint(head.jwk ?? {})
    : (String(head.kid ?? '')
        .split('/')
        .at(-1) ?? '');
}

/** @throws Refusal for a wrong signature */
async function verifiedBy(jws: FlattenedJWSInput, key: typeof EmbeddedJWK | Awaited<ReturnType<typeof importJWK>>) {
  const verifying = typeof key === 'function' ? flattenedVerify(jws, key) : flattenedVerify(jws, key);
  return verifying.catch(() => {
    throw problem('malformed', 'error verifying jws');
  });
}

function accountAnswer(account: string, id: string): Answer {
  if (id !== account) throw problem('unauthorized', 'accountID does not match');
  return { status: 200, body: { status: 'valid', orders: '' } };
}

function certificateAnswer(chain: string): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/pem-certificate-chain' }, body: chain };
}

/** Signs the request of an order whose names are all proved. @param csr DER in base64url */
async function finalize(authority: Authority, order: Order, csr: string): Promise<void> {
  if (statusOf(order.proofs, undefined) !== 'ready') throw problem('orderNotReady', 'order is not ready');
  const request = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(csr, 'base64url').toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const names = order.proofs.map(({ name }) => name);
  order.certificate = (await authority.sign(request, names, order.notAfter)).join('');
}

function statusOf(proofs: readonly Proof[], certificate: string | undefined): string {
  if (certificate !== undefined) return 'valid';
  if (proofs.some(({ status }) => status === 'invalid')) return 'invalid';
  return proofs.every(({ status }) => status === 'valid') ? 'ready' : 'pending';
}

function problem(type: string, detail: string): Refusal {
  return Object.assign(new Refusal(400, detail), { type: `urn:ietf:params:acme:error:${type}` });
}

async function prove(proof: Proof, thumbprint: string, { connect }: Peer): Promise<void> {
  const path = `/.well-known/acme-challenge/${proof.token}`;
  try {
    const socket = await connect(proof.name, 80);
    const shown = await new Promise<string>((done, failed) => {
      const request = httpRequest(
        { path, headers: { Host: proof.name }, createConnection: () => socket, timeout: PROOF_LIMIT_MS },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => done(response.statusCode === 200 ? text.trim() : `status ${response.statusCode}`));
        },
      );
      request.once('error', failed).once('timeout', () => failed(new Error('timed out')));
      request.end();
    });
    if (shown !== `${proof.token}.${thumbprint}`) throw new Error(`it shows ${JSON.stringify(shown.slice(0, 80))}`);
    proof.status = 'valid';
  } catch (error) {
    proof.status = 'invalid';
    const detail = `http://${proof.name}${path}: ${error instanceof Error ? error.message : String(error)}`;
    proof.error = { type: 'urn:ietf:params:acme:error:connection', detail };
  }
}
