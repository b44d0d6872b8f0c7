// Asks the running agent whether its notification channels accept messages.

import type { ChannelInUse } from '../../agent/deps.ts';
import { printable } from '../../messages/printable.ts';
import { splitRemedy } from '../../model/failure.ts';
import type { Settings } from '../../settings.ts';
import { ClientFailure, openClient } from '../agent/client.ts';
import type { Io } from '../io.ts';
import { agentOf } from './arrivals.ts';
import { failed, ok, skipped, warning } from './checks.ts';
import type { Diagnostic } from './diagnostic.ts';

const CHECK = 'notifications';
const ANSWER_MS = 8_000;

/** Nothing where no channel is set: whether one is wanted is for people to decide. */
export async function checkChannels(settings: Settings, io: Pick<Io, 'env'>): Promise<readonly Diagnostic[]> {
  const names = settings.channels.map(({ name }) => name);
  const agent = agentOf(settings, io);
  if (names.length === 0 || agent === null) return [];
  try {
    return channelDiagnostics(names, await openClient(agent).get<ChannelInUse[]>('/notifications', ANSWER_MS));
  } catch (error) {
    if (!(error instanceof ClientFailure)) throw error;
    return [skipped(CHECK, `whether messages reach ${names.join(', ')} is not known: ${error.message}`)];
  }
}

/** Pure. @param names the channels of the settings */
export function channelDiagnostics(names: readonly string[], inUse: readonly ChannelInUse[]): readonly Diagnostic[] {
  return names.map((name) => {
    const channel = inUse.find((each) => each.name === name);
    if (channel === undefined) {
      return warning(
        CHECK,
        `the running agent does not have the channel ${name}`,
        'restart it, so that it reads its settings',
      );
    }
    if (channel.failing === null) return ok(CHECK, `${name} accepts messages, as far as any were sent`);
    const { since, why } = channel.failing;
    const { description, remedy } = splitRemedy(why);
    const test = `phoenix notify --test ${name}`;
    return failed(
      CHECK,
      printable(`${name} accepts no message since ${since}: ${description} (${channel.waiting} waiting)`),
      remedy === null ? `see its settings, then run: ${test}` : `${printable(remedy)}; then run: ${test}`,
    );
  });
}
