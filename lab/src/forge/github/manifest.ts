// GitHub's App manifest flow: a browser posts the manifest, the user confirms, and the resulting code can be exchanged once for the App's secrets.
// Rules from GitHub's documentation of manifests and of the events that Apps can subscribe to.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Permissions } from './app-registry.ts';

export interface Manifest {
  readonly name?: string;
  readonly url: string;
  readonly hook_attributes?: { readonly url: string; readonly active?: boolean };
  readonly redirect_url: string;
  readonly default_permissions?: Permissions;
  readonly default_events?: readonly string[];
}

const MAX_NAME_LENGTH = 34;
/** The permission that each event requires for a subscription. */
const EVENT_NEEDS: Readonly<Record<string, string>> = {
  push: 'contents',
  create: 'contents',
  delete: 'contents',
  pull_request: 'pull_requests',
  pull_request_review: 'pull_requests',
  pull_request_review_comment: 'pull_requests',
  issues: 'issues',
  issue_comment: 'issues',
  check_run: 'checks',
  check_suite: 'checks',
  merge_group: 'merge_queues',
  status: 'statuses',
  repository: 'metadata',
};
const PERMISSIONS = [
  'actions',
  'administration',
  'checks',
  'contents',
  'deployments',
  'environments',
  'issues',
  'members',
  'merge_queues',
  'metadata',
  'pages',
  'pull_requests',
  'repository_hooks',
  'secrets',
  'single_file',
  'statuses',
  'workflows',
];

/** All problems, and the manifest if there are none. */
export function readManifest(text: unknown): { readonly manifest?: Manifest; readonly problems: readonly string[] } {
  const given = parse(text);
  if (given === undefined) return { problems: ['The manifest is not a JSON object.'] };
  const { name, url, redirect_url: redirect, hook_attributes: hook } = given;
  const { default_permissions: permissions = {}, default_events: events = [] } = given;
  const problems = [
    ...(name === undefined || (typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH)
      ? []
      : [`Name must be a text of at most ${MAX_NAME_LENGTH} characters`]),
    ...(isAddress(url) ? [] : ['Url must be a valid URL']),
    ...(isAddress(redirect) ? [] : ['Redirect url must be a valid URL']),
    ...(hook === undefined || (isObject(hook) && isAddress(hook['url'])) ? [] : ['Hook url must be a valid URL']),
    ...(isObject(permissions) ? permissionProblems(permissions) : ['Default permissions must be an object']),
    ...(Array.isArray(events) && isObject(permissions)
      ? eventProblems(events, permissions)
      : ['Default events must be an array']),
  ];
  return problems.length === 0 ? { manifest: given as unknown as Manifest, problems } : { problems };
}

function permissionProblems(permissions: Readonly<Record<string, unknown>>): string[] {
  const wrong = Object.entries(permissions).filter(
    ([name, level]) => !PERMISSIONS.includes(name) || (level !== 'read' && level !== 'write'),
  );
  return wrong.map(([name, level]) => `Default permissions are not supported: ${name}: ${level}`);
}

function eventProblems(events: readonly unknown[], permissions: Readonly<Record<string, unknown>>): string[] {
  const wrong = events.filter((event) => {
    const need = EVENT_NEEDS[String(event)];
    return need === undefined || (need !== 'metadata' && permissions[need] === undefined);
  });
  return wrong.map((event) => `Default events are not supported by permissions: ${event}`);
}

/** The secrets of a new App. */
export function newSecrets() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    publicKey,
    pem: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    webhookSecret: randomBytes(20).toString('hex'),
    clientSecret: randomBytes(20).toString('hex'),
  };
}

function parse(text: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}
