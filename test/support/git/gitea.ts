// A real Gitea with a site administrator, as after its installation; users and repositories are created by its own API.

import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, type Started, start } from '../programs.ts';
import { until } from '../until.ts';

/** From PHOENIX_TEST_GITEA or PATH; undefined if the machine has none. */
export const GITEA = findProgram('gitea', 'PHOENIX_TEST_GITEA');

const ADMIN = 'root-admin';
/** Password of every user. */
export const PASSWORD = 'a-long-password-of-a-test';

/** A response of Gitea. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of a foreign shape
type Json = any;

interface GiteaAnswer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

export interface Gitea {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Calls the API below /api/v1. @param as login of a user; default: the site administrator */
  call(method: string, path: string, body?: unknown, as?: string): Promise<GiteaAnswer>;
  /** The same; fails if the call does. */
  must(method: string, path: string, body?: unknown, as?: string): Promise<Json>;
  /** Creates a user with the common password. */
  person(login: string): Promise<void>;
  /** Creates a token of a user. @param scopes such as `write:repository` */
  token(login: string, ...scopes: readonly string[]): Promise<{ readonly id: number; readonly value: string }>;
  revoke(login: string, id: number): Promise<void>;
  /** URL of a repository with a user's credentials. */
  pushUrl(login: string, repository: string): string;
  /** Kills the server as a power cut would, and restarts it. */
  kill(): Promise<void>;
  begin(): Promise<void>;
  /** Backs up all data; `restore` restores it. Both while the server is stopped. */
  keep(): Promise<void>;
  restore(): Promise<void>;
  remove(): Promise<void>;
}

/** @param options `pageSize`: maximum page size, as the administrator sets it */
export async function startGitea(program: string, options: { readonly pageSize?: number } = {}): Promise<Gitea> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-gitea-'));
  const kept = `${folder}-kept`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { GITEA_WORK_DIR: folder, HOME: folder, GITEA__I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' };
  await mkdir(join(folder, 'custom', 'conf'), { recursive: true });
  await writeFile(join(folder, 'custom', 'conf', 'app.ini'), settings(folder, port, options.pageSize ?? 50));
  let server: Started | undefined;

  function admin(...args: readonly string[]): void {
    const { status, stdout, stderr } = spawnSync(program, ['admin', 'user', ...args], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`gitea admin user ${args[0]}: ${stdout}${stderr}`);
  }

  const basic = (login: string) => `Basic ${Buffer.from(`${login}:${PASSWORD}`).toString('base64')}`;

  const gitea: Gitea = {
    url,
    async call(method, path, body, as = ADMIN) {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { authorization: basic(as), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
      return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
    },
    async must(method, path, body, as) {
      const { status, body: told } = await gitea.call(method, path, body, as);
      if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status}: ${JSON.stringify(told)}`);
      return told;
    },
    async person(login) {
      const email = `${login}@example.internal`;
      await gitea.must('POST', '/admin/users', {
        username: login,
        email,
        password: PASSWORD,
        must_change_password: false,
      });
    },
    async token(login, ...scopes) {
      const name = `token-${Math.random().toString(36).slice(2)}`;
      const made = await gitea.must('POST', `/users/${login}/tokens`, { name, scopes }, login);
      return { id: made.id, value: made.sha1 };
    },
    async revoke(login, id) {
      await gitea.must('DELETE', `/users/${login}/tokens/${id}`, undefined, login);
    },
    pushUrl: (login, repository) => `${url.replace('//', `//${login}:${PASSWORD}@`)}/${repository}.git`,
    async kill() {
      await server?.stop();
      server = undefined;
    },
    async begin() {
      const started = start(program, ['web'], env);
      server = started;
      await until(
        async () => (await fetch(`${url}/api/v1/version`).catch(() => null))?.status === 200,
        () => `Gitea to answer: ${started.output().slice(-2000)}`,
      );
    },
    async keep() {
      await rm(kept, { recursive: true, force: true });
      await cp(folder, kept, { recursive: true });
    },
    async restore() {
      await rm(folder, { recursive: true, force: true });
      await cp(kept, folder, { recursive: true });
    },
    async remove() {
      await gitea.kill();
      for (const each of [folder, kept]) await rm(each, { recursive: true, force: true });
    },
  };
  await gitea.begin();
  const named = ['--username', ADMIN, '--password', PASSWORD, '--email', `${ADMIN}@example.internal`];
  admin('create', '--admin', '--must-change-password=false', ...named);
  return gitea;
}

/** A minimal configuration: SQLite, no SSH, webhooks to this machine. */
function settings(folder: string, port: number, pageSize: number): string {
  return `RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}
[repository]
ROOT = ${join(folder, 'repositories')}
[security]
INSTALL_LOCK = true
SECRET_KEY = of-a-test
PASSWORD_HASH_ALGO = pbkdf2$10$50
[webhook]
ALLOWED_HOST_LIST = loopback
[api]
MAX_RESPONSE_ITEMS = ${pageSize}
DEFAULT_PAGING_NUM = ${Math.min(30, pageSize)}
[log]
LEVEL = error
MODE = console
`;
}
