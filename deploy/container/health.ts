// Health check of the container: requests the agent's liveness endpoint, since slim images have no curl. Exits with 0 if it is alive, else with 1 and
// the reason.

import { listenAddress } from '../../src/settings/values.ts';

const ANSWER_MS = 4_000;
/** Wildcard addresses, and the loopback address to request instead. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const where = listenAddress(process.env['PHOENIX_LISTEN'] || '127.0.0.1:8080');
if ('wrong' in where) end(`PHOENIX_LISTEN ${where.wrong}`);
else end(await ask(where.value.host, where.value.port));

/** The error; null for a healthy response. */
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
