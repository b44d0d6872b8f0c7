// Sends signed push webhooks as fast as a receiver takes them, in a process of its own and over plain sockets, so that sending
// costs little beside receiving: `node webhook-load.ts URL SECRET COUNT CONNECTIONS` prints how long it took.

import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';

export interface LoadResult {
  readonly ms: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
}

const [address = '', secret = '', count = '0', connections = '1'] = process.argv.slice(2);
const url = new URL(address);
const body = JSON.stringify(payload());
const head = [
  `POST ${url.pathname} HTTP/1.1`,
  `Host: ${url.host}`,
  'Content-Type: application/json',
  `Content-Length: ${Buffer.byteLength(body)}`,
  'User-Agent: GitHub-Hookshot/044aadd',
  'X-GitHub-Event: push',
  'X-GitHub-Hook-ID: 1',
  `X-Hub-Signature-256: sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
].join('\r\n');

/** A push of one commit, with as much around it as GitHub sends: about 7 kB. */
function payload() {
  const person = { login: 'ada', id: 1, node_id: 'MDQ6VXNlcjE=', type: 'User', site_admin: false };
  const page = 'https://git.example.internal/team/environment';
  const links = Array.from({ length: 60 }, (_, n) => [
    `link_${n}_url`,
    `${page}/a/rather/long/path/of/the/api/${n}{/sha}`,
  ]);
  const commit = {
    id: 'a'.repeat(40),
    tree_id: 'b'.repeat(40),
    distinct: true,
    message: 'Give the web server more memory\n\nIt ran out of it twice last week.',
    timestamp: '2025-01-01T12:00:00+01:00',
    url: `${page}/commit/${'a'.repeat(40)}`,
    author: { name: 'Ada', email: 'ada@example.internal', username: 'ada' },
    committer: { name: 'Ada', email: 'ada@example.internal', username: 'ada' },
    added: [],
    removed: [],
    modified: ['etc/phoenix_lxc_configs.json'],
  };
  return {
    ref: 'refs/heads/main',
    before: 'c'.repeat(40),
    after: commit.id,
    repository: {
      id: 1,
      name: 'environment',
      full_name: 'team/environment',
      owner: person,
      ...Object.fromEntries(links),
    },
    pusher: { name: 'ada', email: 'ada@example.internal' },
    sender: person,
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: `${page}/compare/cccccccccccc...aaaaaaaaaaaa`,
    commits: [commit],
    head_commit: commit,
  };
}

/** Sends on one connection, each request after the previous response, until `left` is used up. */
function send(left: { requests: number }, statuses: Map<string, number>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    const next = () => {
      if (left.requests === 0) return socket.end(resolve);
      left.requests -= 1;
      socket.write(`${head}\r\nX-GitHub-Delivery: ${randomUUID()}\r\n\r\n${body}`);
    };
    let answer = '';
    socket.setEncoding('latin1');
    socket.once('connect', next);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the receiver hung up: ${answer}`)));
    socket.on('data', (text) => {
      answer += text;
      if (!isWhole(answer)) return;
      const status = answer.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      answer = '';
      next();
    });
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(answer.slice(0, end))?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= end + 4 + Number(length);
}

const left = { requests: Number(count) };
const statuses = new Map<string, number>();
const began = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, () => send(left, statuses)));
const result: LoadResult = { ms: performance.now() - began, statuses: Object.fromEntries(statuses) };
process.stdout.write(JSON.stringify(result));
