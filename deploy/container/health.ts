// Asks the agent in the same container whether it is alive; slim images have no curl. Ends with 0 when it is, else with 1 and why.

import { listenAddress } from '../../src/settings/values.ts';

const ANSWER_MS = 4_000;
/** Addresses that stand for every one of the machine, and the one that is asked then. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const where = listenAddress(process.env['PHOENIX_LISTEN'] || '127.0.0.1:8080');
if ('wrong' in where) end(`PHOENIX_LISTEN ${where.wrong}`);
else end(await ask(where.value.host, where.value.port));

/** Null when it answers as it should. */
async function ask(host: string, port: number): Promise<string | null> {
  const name = ANY[host] ?? host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}/healthz`;
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return status === 200 ? null : `${url} answered ${status}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `${url}: ${cause instanceof Error ? cause.message : message}`;
  }
}

function end(trouble: string | null): void {
  if (trouble !== null) process.stderr.write(`${trouble}\n`);
  process.exitCode = trouble === null ? 0 : 1;
}
