// A container with a real nginx: its files are below a folder, its ports are free ones, and `pct exec` runs commands on this machine. Only paths and
// ports are replaced on the way to the real program.

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dialTcp } from '../../../src/io/host/dial.ts';
import { localHost } from '../../../src/io/host/local.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Content } from '../../../src/model/action.ts';
import type { CommandResult, Host } from '../../../src/ports/host.ts';
import { findProgram, freePorts } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

export const NGINX = findProgram('nginx', 'PHOENIX_TEST_NGINX');
export const SYSTEM = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface NginxBox {
  readonly dir: string;
  readonly host: Host;
  readonly http: number;
  readonly https: number;
  /** Scripts that ran inside, by their arguments. */
  readonly ran: string[][];
  write(path: string, text: string): void;
  read(path: string): string;
  close(): Promise<void>;
}

/**
 * @param upstream the port on this machine that stands for port 80 of the proxy
 * @param from the address that nginx speaks to the proxy from, another of this machine's own; absent: whichever the system takes
 */
export async function openNginxBox(upstream: number, gateway: string, proxy: string, from?: string): Promise<NginxBox> {
  const dir = mkdtempSync(join(tmpdir(), 'phoenix-nginx-'));
  // Its workers are other users.
  chmodSync(dir, 0o755);
  const at = (path: string) => join(dir, path);
  const [http = 0, https = 0] = await freePorts(2);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  mkdirSync(at('etc/nginx/conf.d'), { recursive: true });
  mkdirSync(at('etc/nginx/sites-enabled'), { recursive: true });
  write('etc/nginx/nginx.conf', NGINX_CONF);
  const exchange = [
    `s#listen 80\\b#listen 127.0.0.1:${http}#`,
    `s#listen 443\\b#listen 127.0.0.1:${https}#`,
    `s#listen \\[::\\]:80\\b#listen [::1]:${http}#`,
    `s#listen \\[::\\]:443\\b#listen [::1]:${https}#`,
    `s#proxy_pass http://${proxy.replaceAll('.', '[.]')}:80#${from === undefined ? '' : `proxy_bind ${from}; `}proxy_pass http://127.0.0.1:${upstream}#`,
    `s#/etc/nginx/ssl/#${dir}/./etc/nginx/ssl/#g`,
    's#[$]server_port#443#',
    's#\\([ "]\\)/etc/nginx/#\\1TREE/#g',
    `s#/var/www/#${dir}/var/www/#g`,
  ];
  write('exchange', `${exchange.join('\n')}\n`);
  write('bin/nginx', wrapper(dir));
  write('bin/systemctl', systemctl(dir));
  for (const program of ['nginx', 'systemctl']) chmodSync(at(`bin/${program}`), 0o755);

  const contents = async (content: Content): Promise<Uint8Array> =>
    Buffer.from(content.from === 'text' ? content.text : '');
  const files = localHost({
    node: 'pve',
    contents,
    redactor: openRedactor(),
    root: dir,
    dial: (address, port, signal) =>
      address === gateway
        ? dialTcp('127.0.0.1', port === 443 ? https : port === 80 ? http : port, signal)
        : dialTcp(address, port, signal),
  });
  const ran: string[][] = [];
  const host: Host = {
    ...files,
    async run({ program, args, stdin }) {
      if (program !== 'pct' || args[0] !== 'exec') throw new Error(`${program} ${args[0]} is not expected`);
      const [word = '', ...words] = args.slice(args.indexOf('--') + 1);
      ran.push(words.slice(1));
      const inside = words.map((each, index) => (index > 1 && each.startsWith('/') ? at(each) : each));
      const input = stdin === undefined ? '' : Buffer.from(await contents(stdin)).toString();
      const result = await runHere(word, inside, `${at('bin')}:${SYSTEM}`, input);
      return { ...result, stdout: result.stdout.replaceAll(dir, ''), stderr: result.stderr.replaceAll(dir, '') };
    },
    // Old workers answer for a moment after a reload, and a single action does not wait for them.
    async request(request, options) {
      for (let tries = 1; ; tries += 1) {
        const answer = await files.request(request, options);
        const welcome = request.accept === undefined || request.accept.includes(answer.status ?? 0);
        const fresh =
          request.expect === undefined || request.expect.oneOf.some((each) => answer.body.includes(String(each)));
        if ((welcome && fresh) || tries === 10) return answer;
        await new Promise((done) => setTimeout(done, 50));
      }
    },
  };
  return {
    dir,
    host,
    http,
    https,
    ran,
    write,
    read: (path) => readFileSync(at(path), 'utf8'),
    async close() {
      if (existsSync(at('nginx.pid'))) {
        process.kill(Number(readFileSync(at('nginx.pid'), 'utf8')), 'SIGTERM');
        await until(() => !existsSync(at('nginx.pid')));
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A program of this machine, with that PATH. */
export function runHere(program: string, args: readonly string[], path: string, input: string): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env: { PATH: path, LC_ALL: 'C' } }, (error, stdout, stderr) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exit, stdout, stderr, ms: 0, ended: 'exited' });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

const NGINX_CONF = `events {}
http {
  include /etc/nginx/conf.d/*.conf;
  include /etc/nginx/sites-enabled/*;
}
`;

/** The real program on a copy of the tree with this machine's paths and ports. The copy that serves is another than the one that is tried. */
function wrapper(dir: string): string {
  return `#!/bin/sh
real=${NGINX}
case "$1" in
  -v) exec "$real" -v ;;
  -t) tree=${dir}/tried ;;
  *) tree=${dir}/served ;;
esac
rm -rf "$tree.new"
cp -a ${dir}/etc/nginx "$tree.new"
sed "s#TREE#$tree#" ${dir}/exchange >"$tree.sed"
find "$tree.new" -name '*.conf' -exec sed -i -f "$tree.sed" {} +
rm -rf "$tree" && mv "$tree.new" "$tree"
main=$tree/nginx.conf
for word in "$@"; do case "$word" in *.conf) main=$tree/\${word##*/} ;; esac; done
options="pid ${dir}/nginx.pid; error_log stderr;"
case "$1" in
  -t) "$real" -p "$tree" -c "$main" -g "pid ${dir}/tried.pid; error_log stderr;" -t -q ;;
  *) "$real" -p "$tree" -c "$main" -g "$options" "$@" ;;
esac 2>"$tree.err"
code=$?
sed "s#$tree/#/etc/nginx/#g" "$tree.err" >&2
exit $code
`;
}

function systemctl(dir: string): string {
  return `#!/bin/sh
alive() { [ -s ${dir}/nginx.pid ] && kill -0 "$(cat ${dir}/nginx.pid)" 2>/dev/null; }
case "$1" in
  is-active) if alive; then echo active; else echo inactive; exit 3; fi ;;
  reload-or-restart) if alive; then nginx -s reload; else nginx; fi ;;
  *) echo "Unknown command verb $1." >&2; exit 1 ;;
esac
`;
}
