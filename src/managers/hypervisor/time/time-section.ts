// The host's time zone, and clock synchronisation, on which the validity of certificates depends.

import { type Comparison, difference, valueField } from '../../comparison.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, outputOf, run } from '../act.ts';
import type { Section } from '../section.ts';

type TimeSpec = { readonly timezone: string };

interface Seen {
  readonly timezone: string;
  /** Whether a time service synchronises the clock. */
  readonly kept: boolean;
}

const compares: Comparison<TimeSpec, Seen> = {
  fields: [
    valueField('timezone', ['timezone'], {
      declared: ({ timezone }) => timezone,
      observed: ({ timezone }) => (timezone === '' ? null : timezone),
      asSeen: (spec, { timezone }) => (timezone === '' ? spec : { timezone }),
    }),
  ],
  rest: (_, { kept }) => (kept ? [] : [difference(['clock'], 'synchronised', 'not synchronised')]),
};

export const time: Section<TimeSpec, Seen, Seen> = {
  name: 'time',
  declared: ({ hypervisor: { timezone } }) => (timezone === null ? null : { spec: { timezone }, needs: [] }),
  impact: () => 'live',
  inventory: see,
  quickCheck: (seen) => seen,
  observe: see,
  decide: ({ spec }, seen) => (spec === undefined ? actions() : decisionFor(spec.timezone, seen)),
  compares,
  health: () => null,
};

async function see(host: HostReader): Promise<Seen> {
  const shown = await outputOf(host, 'timedatectl', ['show', '--property=Timezone', '--property=NTP']);
  return { timezone: /^Timezone=(.*)$/m.exec(shown)?.[1] ?? '', kept: /^NTP=yes$/m.test(shown) };
}

function decisionFor(timezone: string, seen: Seen): Decision {
  return actions(
    seen.timezone === timezone
      ? null
      : act(`set the time zone to ${timezone}`, run('timedatectl', ['set-timezone', timezone])),
    seen.kept ? null : act('have a time service set the clock', run('timedatectl', ['set-ntp', 'true'])),
  );
}
