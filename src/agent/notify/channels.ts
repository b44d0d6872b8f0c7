// The channels as people see them: whether notifications arrive, and a test notification.

import { randomUUID } from 'node:crypto';
import { testMessage } from '../../messages/notification.ts';
import type { Context } from '../context.ts';
import type { ChannelInUse, ChannelTest } from '../deps.ts';
import { Refused } from '../refused.ts';

export async function channelsInUse({ channels, ledger }: Context): Promise<readonly ChannelInUse[]> {
  const states = await ledger.channelStates(channels.map(({ name }) => name));
  return channels.map(({ name, service, events }) => {
    return { name, service, events: [...events], waiting: 0, failing: null, ...states.get(name) };
  });
}

/** Past the outbox: who asks waits for the answer. */
export async function testChannels(
  { channels, ledger, queue, options }: Context,
  name?: string,
): Promise<readonly ChannelTest[]> {
  const chosen = name === undefined ? channels : channels.filter((each) => each.name === name);
  if (chosen.length === 0)
    throw new Refused(
      noSuch(
        channels.map((each) => each.name),
        name,
      ),
    );
  const message = testMessage(randomUUID(), options.publicUrl);
  const tests = await Promise.all(
    chosen.map(async (channel) => {
      const answer = await channel.send(message);
      if (answer.sent) await ledger.channelWorked(channel.name);
      return { channel: channel.name, answer };
    }),
  );
  if (tests.some(({ answer }) => answer.sent)) await queue.requestNotify();
  return tests;
}

function noSuch(all: readonly string[], name?: string): string {
  if (name === undefined || all.length === 0) return 'there is no channel; set PHOENIX_NOTIFY_FILE';
  return `there is no channel ${name}; there are ${all.join(', ')}`;
}
