// The surroundings of an authority under test, for http-01: a DNS server that resolves every name to this machine, and the files of a gateway's
// container, written by the same commands as on a node.

import { createServer } from 'node:http';
import type { Command, Content } from '../../../src/model/action.ts';
import type { CommandResult } from '../../../src/ports/host.ts';
import { freePort, start } from '../programs.ts';
import { until } from '../until.ts';

export interface Challenges {
  /** Address of the DNS server. */
  readonly dns: string;
  /** Port for the challenge files. */
  readonly port: number;
  /** A substitute for `pct`; files of containers are named `ID:PATH`. */
  readonly run: (command: Command) => Promise<CommandResult>;
  readonly files: Map<string, string>;
  /** All requests so far. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** @param resolver path of pebble-challtestsrv */
export async function startChallenges(resolver: string): Promise<Challenges> {
  const files = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host ?? ''}${request.url ?? ''}`);
    const text = files.get(`101:/var/www/acme${request.url ?? ''}`);
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(text);
  });
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const [dnsPort, management] = [await freePort(), await freePort()];
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', ''];
  const where = ['-dns01', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${management}`, '-defaultIPv6', ''];
  const dns = start(resolver, [...off, ...where]);
  await until(() => /Starting management server|Starting DNS/i.test(dns.output()), 'the DNS server');
  return {
    dns: `127.0.0.1:${dnsPort}`,
    port,
    files,
    asked,
    async run({ args, stdin }) {
      const done: CommandResult = { exit: 0, stdout: '', stderr: '', ms: 0, ended: 'exited' };
      const [, id = '', , , , program = '', ...words] = args;
      const path = words.at(-1) ?? '';
      const text = files.get(`${id}:${path}`);
      if (program === 'tee') files.set(`${id}:${path}`, textOf(stdin));
      if (program === 'rm') files.delete(`${id}:${path}`);
      if (program !== 'cat') return done;
      return text === undefined
        ? { ...done, exit: 1, stderr: `cat: ${path}: No such file` }
        : { ...done, stdout: text };
    },
    async stop() {
      await dns.stop();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function textOf(content: Content | undefined): string {
  return content?.from === 'text' ? content.text : '';
}
