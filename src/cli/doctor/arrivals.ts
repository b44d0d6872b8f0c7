// Asks the running agent with these settings for the last received webhook.

import type { Arrival, Refusal } from '../../ports/deliveries.ts';
import { agentHere, type ClientSettings } from '../../settings/client.ts';
import type { Settings } from '../../settings.ts';
import { ClientFailure, openClient } from '../agent/client.ts';
import { EXIT, type Io } from '../io.ts';
import { clientSettings } from '../read-settings.ts';

export type Arrivals =
  | {
      readonly known: true;
      readonly last: Arrival | null;
      /** The newest since then with a missing or wrong signature, which anybody can send. */
      readonly refused: Refusal | null;
      /** Asks again; null if it does not respond. */
      again(): Promise<Arrival | null>;
    }
  | { readonly known: false; readonly why: string; readonly remedy: string };

interface Status {
  readonly deliveries?: { readonly last: Arrival | null; readonly refused?: Refusal | null };
}

const ANSWER_MS = 8_000;
const AGAIN = 'start it with phoenix serve, and run phoenix doctor again';

export async function arrivalsOf(settings: Settings, io: Pick<Io, 'env'>): Promise<Arrivals> {
  const agent = agentOf(settings, io);
  if (agent === null) {
    return { known: false, why: 'PHOENIX_LISTEN names no port', remedy: 'set PHOENIX_URL to where the agent listens' };
  }
  const client = openClient(agent);
  const ask = () => client.get<Status>('/status', ANSWER_MS);
  try {
    const { deliveries } = await ask();
    if (deliveries === undefined)
      return { known: false, why: `the agent at ${agent.url} runs an older version`, remedy: AGAIN };
    return {
      known: true,
      last: deliveries.last,
      refused: deliveries.refused ?? null,
      again: async () => (await ask().catch(() => null))?.deliveries?.last ?? null,
    };
  } catch (error) {
    if (!(error instanceof ClientFailure)) throw error;
    const { message, hint, exit, cause } = error;
    // An agent that answers, such as one that is starting, says itself what to do.
    const isAway = exit === EXIT.missing && cause !== undefined;
    return { known: false, why: message, remedy: isAway ? AGAIN : hint };
  }
}

/** The agent of PHOENIX_URL, or else of the listen address. */
export function agentOf({ listen, adminToken }: Settings, { env }: Pick<Io, 'env'>): ClientSettings | null {
  if (env['PHOENIX_URL']) return clientSettings(env).settings;
  if (listen.port === 0) return null;
  return { url: agentHere(listen), token: adminToken };
}
