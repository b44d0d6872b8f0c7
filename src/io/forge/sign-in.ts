// Signs people in by GitHub, Gitea or Forgejo: OAuth's authorization code with PKCE. The forge says who the person is, and then their rights in the
// followed repository: GitHub answers Phoenix itself, Gitea answers exactly only the person.

import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  customFetch,
  generateRandomCodeVerifier,
  generateRandomState,
  processAuthorizationCodeResponse,
  ResponseBodyError,
  validateAuthResponse,
} from 'oauth4webapi';
import type { PersonRole } from '../../model/person.ts';
import type { Secret } from '../../model/secret.ts';
import { ForgeFailure } from '../../ports/forge-failure.ts';
import { type ForgeSignIn, SignInRefused } from '../../ports/forge-sign-in.ts';
import { connect, orNothing } from './github/connect.ts';
import { type ForgeOptions, GITHUB, restBase, TIMEOUT_MS, USER_AGENT } from './options.ts';
import { reading } from './reading.ts';
import { openFetch } from './redirects.ts';

/** Requested OAuth scopes: on GitHub only the identity; on Gitea also reading the person's rights. */
const SCOPES = { github: '', gitea: 'read:user read:repository' } as const;
const NAMES = { github: 'GitHub', gitea: 'Gitea' } as const;
/** Roles by GitHub's `permission`, a legacy role name, and Gitea's. */
const ROLES: Readonly<Record<string, PersonRole>> = {
  owner: 'admin',
  admin: 'admin',
  write: 'operator',
  read: 'reader',
};

export interface SignInOptions extends Omit<ForgeOptions, 'kind'> {
  readonly kind: 'github' | 'gitea';
  /** The OAuth application. */
  readonly client: { readonly id: string; readonly secret: Secret };
}

export function openForgeSignIn(options: SignInOptions): ForgeSignIn {
  const { kind, client: application, timeoutMs = TIMEOUT_MS } = options;
  const name = NAMES[kind];
  const web = webOf(options);
  const server = {
    issuer: web,
    authorization_endpoint: `${web}/login/oauth/authorize`,
    token_endpoint: `${web}/login/oauth/access_token`,
  };
  const client = { client_id: application.id };
  const send = openFetch(timeoutMs);
  /** Whether the settings have an `http:` address. */
  const insecure = web.startsWith('http:');

  async function ask(path: string, token: string): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': USER_AGENT };
    return send(`${restBase(options)}${path}`, { headers });
  }

  /**
   * Exchanges the code. @throws SignInRefused
   */
  async function tokenFor(answer: URL, state: string, verifier: string, callback: string): Promise<string> {
    const given = new URL(answer);
    // There is a single server, so responses of several cannot be confused; and some forges have an issuer other than their address.
    given.searchParams.delete('iss');
    try {
      const code = validateAuthResponse(server, client, given, state);
      const secret = ClientSecretPost(application.secret.expose());
      const response = await authorizationCodeGrantRequest(server, client, secret, code, callback, verifier, {
        [allowInsecureRequests]: insecure,
        [customFetch]: (url, { method, headers, body }) => send(url, { method, headers, body: String(body) }),
      });
      return (await processAuthorizationCodeResponse(server, client, response)).access_token;
    } catch (error) {
      throw new SignInRefused(`${name} did not sign you in: ${whyNot(error)}. Try it again.`, { cause: error });
    }
  }

  return {
    name,
    secret: application.secret,
    async begin(callback) {
      const [state, verifier] = [generateRandomState(), generateRandomCodeVerifier()];
      const url = new URL(server.authorization_endpoint);
      url.search = new URLSearchParams({
        client_id: application.id,
        redirect_uri: callback,
        response_type: 'code',
        state,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(SCOPES[kind] === '' ? {} : { scope: SCOPES[kind] }),
      }).toString();
      return { url: url.href, state, verifier };
    },
    async person(answer, { state, verifier }, callback) {
      const token = await tokenFor(answer, state, verifier, callback);
      const told = await ask('/user', token);
      const user = told.ok ? ((await told.json()) as { readonly login?: unknown }) : {};
      if (typeof user.login !== 'string' || user.login === '') {
        throw new SignInRefused(`${name} did not say who you are (${told.status}). Try it again.`);
      }
      return { login: user.login, grant: kind === 'gitea' ? token : null };
    },
    roleOf: (login, grant) => (grant === null ? roleByForge(options, login) : roleByPerson(ask, options, grant)),
  };
}

/** The role according to the forge's answer to Phoenix. */
async function roleByForge(options: SignInOptions, login: string): Promise<PersonRole | null> {
  const github = connect(options);
  const { owner, repo } = github;
  const { as } = options.login;
  const right = 'Metadata: read';
  return reading({ what: `what ${login} may do`, right, as }, async () => {
    const client = await github.client();
    const path = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
    const told = await orNothing(() => client.request(path, { owner, repo, username: login }));
    const role = ROLES[String(told?.data.permission)] ?? null;
    if (role !== 'reader') return role;
    const { data } = await client.request('GET /repos/{owner}/{repo}', { owner, repo });
    return readerOf(data);
  });
}

/** The role according to the forge's answer to the person, which includes teams. Null when the grant has ended. */
async function roleByPerson(
  ask: (path: string, token: string) => Promise<Response>,
  { repository }: SignInOptions,
  grant: string,
): Promise<PersonRole | null> {
  const told = await ask(`/repos/${repository}`, grant).catch((error: unknown) => {
    throw new ForgeFailure(error instanceof Error ? error.message : String(error), 1, { cause: error });
  });
  if ([401, 403, 404].includes(told.status)) return null;
  if (!told.ok) throw new ForgeFailure(`the forge answers ${told.status}`, 1);
  const data = (await told.json()) as Visible & { readonly permissions?: Readonly<Record<string, boolean>> };
  if (data.permissions?.['admin'] === true) return 'admin';
  if (data.permissions?.['push'] === true) return 'operator';
  return data.permissions?.['pull'] === true ? readerOf(data) : null;
}

interface Visible {
  readonly private?: boolean;
}

/** Read access to a public repository does not give read access to Phoenix. */
function readerOf({ private: isPrivate }: Visible): PersonRole | null {
  return isPrivate === true ? 'reader' : null;
}

/** The forge's web address, from its API address. */
function webOf({ kind, api }: SignInOptions): string {
  const base = (api ?? GITHUB).replace(/\/+$/, '');
  if (kind === 'github' && base === GITHUB) return 'https://github.com';
  // An enterprise with a name of its own below ghe.com has a host for the API.
  const [, enterprise] = /^https:\/\/api\.([a-z\d-]+\.ghe\.com)$/.exec(kind === 'github' ? base : '') ?? [];
  return enterprise === undefined ? base.replace(/\/api\/v[13]$/, '') : `https://${enterprise}`;
}

/** The forge's message, where there is one. */
function whyNot(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return error.error_description ?? error.error;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const body = (cause as { readonly body?: { readonly error_description?: unknown } } | undefined)?.body;
  if (typeof body?.error_description === 'string') return body.error_description;
  return error instanceof Error ? error.message : String(error);
}
