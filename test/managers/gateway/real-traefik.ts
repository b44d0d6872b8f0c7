// A container with a real Traefik: its files are below a folder, `pct exec` runs commands on this machine, and the program reads a copy of the files
// in which paths, ports and addresses are those of this machine. Nothing else is replaced.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dialTcp } from '../../../src/io/host/dial.ts';
import { localHost } from '../../../src/io/host/local.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Content } from '../../../src/model/action.ts';
import type { Host } from '../../../src/ports/host.ts';
import { findProgram, freePorts, listens } from '../../support/programs.ts';
import { runHere, SYSTEM } from './real-nginx.ts';

export const TRAEFIK = findProgram('traefik', 'PHOENIX_TEST_TRAEFIK');

export interface TraefikBox {
  readonly dir: string;
  readonly host: Host;
  /** Ports of this machine in place of 80, 443 and that of the API. */
  readonly web: number;
  readonly websecure: number;
  readonly api: number;
  /** Scripts that ran inside, by their text and arguments. */
  readonly ran: string[][];
  /** How often it was started. */
  starts(): number;
  log(): string;
  alive(): boolean;
  /** Listens at each of its entry points. */
  ready(): Promise<boolean>;
  write(path: string, text: string): void;
  remove(path: string): void;
  read(path: string): string | null;
  /** As a person does at its console. */
  restart(): Promise<void>;
  ask(path: string): Promise<{ readonly status: number; readonly body: string }>;
  close(): Promise<void>;
}

/** @param exchanges further addresses and ports to be replaced by those of this machine */
export async function openTraefikBox(
  proxy: string,
  exchanges: readonly (readonly [string, string])[] = [],
): Promise<TraefikBox> {
  const dir = mkdtempSync(join(tmpdir(), 'phoenix-traefik-'));
  const at = (path: string) => join(dir, path);
  const [web = 0, websecure = 0, api = 0] = await freePorts(3);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  const here = (text: string): string =>
    [
      [/(["' ]):80(["'\n])/g, `$1127.0.0.1:${web}$2`],
      [/(["' ]):443(["'\n])/g, `$1127.0.0.1:${websecure}$2`],
      [/127\.0\.0\.1:8080/g, `127.0.0.1:${api}`],
      [/\/etc\/traefik\/dynamic/g, at('served/dynamic')],
      [/\/etc\/traefik\//g, at('etc/traefik/')],
      [/\/usr\/local\/share\/ca-certificates\//g, at('usr/local/share/ca-certificates/')],
      ...exchanges.map(([from, to]) => [new RegExp(from.replaceAll('.', '\\.'), 'g'), to] as const),
    ].reduce((all, [from, to]) => all.replace(from as RegExp, to as string), text);

  /** The output of the program, with the paths and addresses of the files. */
  const there = (text: string): string =>
    exchanges.reduce(
      (all, [from, to]) => all.replaceAll(to, from),
      text.replaceAll(at('served'), '/etc/traefik').replaceAll(dir, ''),
    );

  mkdirSync(at('etc/traefik/dynamic'), { recursive: true });
  mkdirSync(at('served/dynamic'), { recursive: true });
  write('bin/systemctl', systemctl(dir));
  write(
    'bin/journalctl',
    `#!/bin/sh\nfor word in "$@"; do pattern=$word; done\ngrep -E "$pattern" ${dir}/log 2>/dev/null | tail -n 40\n`,
  );
  write(
    'bin/curl',
    `#!/bin/sh
for word in "$@"; do
  shift
  set -- "$@" "$(echo "$word" | sed 's#127.0.0.1:8080#127.0.0.1:${api}#')"
done
exec /usr/bin/curl "$@"
`,
  );
  for (const program of ['systemctl', 'journalctl', 'curl']) chmodSync(at(`bin/${program}`), 0o755);

  /** What Traefik reads: each file in one piece, and only where it is another than before. */
  function serve(): void {
    const names = readdirSync(at('etc/traefik/dynamic'));
    for (const name of names)
      put(`served/dynamic/${name}`, here(readFileSync(at(`etc/traefik/dynamic/${name}`), 'utf8')));
    for (const name of readdirSync(at('served/dynamic'))) {
      if (!names.includes(name) && !name.endsWith('.part')) rmSync(at(`served/dynamic/${name}`));
    }
    const file = at('etc/traefik/traefik.yml');
    if (existsSync(file)) put('served/traefik.yml', here(readFileSync(file, 'utf8')));
    else rmSync(at('served/traefik.yml'), { force: true });
  }

  function put(path: string, text: string): void {
    if (existsSync(at(path)) && readFileSync(at(path), 'utf8') === text) return;
    writeFileSync(`${at(path)}.part`, text);
    renameSync(`${at(path)}.part`, at(path));
  }

  const contents = async (content: Content): Promise<Uint8Array> =>
    Buffer.from(content.from === 'text' ? content.text : '');
  const files = localHost({
    node: 'pve',
    contents,
    redactor: openRedactor(),
    root: dir,
    dial: (address, port, signal) =>
      address === proxy ? dialTcp('127.0.0.1', port === 443 ? websecure : web, signal) : dialTcp(address, port, signal),
  });
  const ran: string[][] = [];
  const path = `${at('bin')}:${SYSTEM}`;
  const host: Host = {
    ...files,
    async run({ program, args, stdin }) {
      if (program !== 'pct' || args[0] !== 'exec') throw new Error(`${program} ${args[0]} is not expected`);
      const [word = '', ...words] = args.slice(args.indexOf('--') + 1);
      ran.push(words.slice(1));
      const inside = words.map((each, index) => (index > 1 && each.startsWith('/') ? at(each) : each));
      const input = stdin === undefined ? '' : Buffer.from(await contents(stdin)).toString();
      serve();
      const result = await runHere(word, inside, path, input);
      serve();
      return { ...result, stdout: there(result.stdout), stderr: there(result.stderr) };
    },
  };
  const systemctlNow = async (verb: string): Promise<void> => {
    serve();
    await runHere(at('bin/systemctl'), [verb, 'traefik'], path, '');
  };
  return {
    dir,
    host,
    web,
    websecure,
    api,
    ran,
    write(name, text) {
      write(name, text);
      serve();
    },
    starts: () => (existsSync(at('starts')) ? readFileSync(at('starts'), 'utf8').length : 0),
    log: () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8').replaceAll(dir, '') : ''),
    alive: () => {
      if (!existsSync(at('pid'))) return false;
      const stat = `/proc/${readFileSync(at('pid'), 'utf8').trim()}/stat`;
      return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
    },
    ready: () => listens(api),
    remove(name) {
      rmSync(at(name), { force: true });
      serve();
    },
    read: (name) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : null),
    restart: () => systemctlNow('restart'),
    // On a separate connection, since the next Traefik uses the same ports again.
    ask: (asked) =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port: api, path: asked, agent: false }, (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            body += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        }).on('error', reject);
      }),
    async close() {
      await systemctlNow('kill');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** As a simple unit is started: that it ends a moment later is no failure of the start. */
function systemctl(dir: string): string {
  return `#!/bin/sh
alive() { [ -s ${dir}/pid ] && kill -0 "$(cat ${dir}/pid)" 2>/dev/null; }
stop() {
  if alive; then
    kill "$(cat ${dir}/pid)"
    while alive; do sleep 0.05; done
  fi
  rm -f ${dir}/pid
}
case "$1" in
  is-active) if alive; then echo active; else echo inactive; exit 3; fi ;;
  stop) stop ;;
  kill) if alive; then kill -9 "$(cat ${dir}/pid)"; fi ;;
  restart)
    stop
    printf x >>${dir}/starts
    setsid ${TRAEFIK} --configFile=${dir}/served/traefik.yml >>${dir}/log 2>&1 </dev/null &
    echo $! >${dir}/pid ;;
  *) echo "Unknown command verb $1." >&2; exit 1 ;;
esac
`;
}
