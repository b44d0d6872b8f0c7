// The way back from a change of the network that cuts Phoenix off: a timer on the host that puts the former file in place and
// loads it. It is set before anything changes, and stopped only by somebody who still reaches the host.

import type { Action } from '../../../model/action.ts';
import type { Safeguard } from '../../manager.ts';
import { act, MARK, NOTES, remove, run } from '../act.ts';
import { OWN_FILE } from './own-file.ts';

/** Seconds until the network is as before, unless somebody says that it works. */
const SECONDS = 120;

const KEPT = `${NOTES}/network/before`;
/** There while the timer runs, and says how far the change has come. */
export const ARMED = `${NOTES}/network/armed`;
/** `set`: before the network is loaded; `loaded`: it was, and has to prove itself. */
export type Armed = 'set' | 'loaded' | null;
const NAME = 'phoenix-network-revert';
/** Gone with the next start of the host, as the timer is. */
const UNIT_FILE = `/run/systemd/system/${NAME}.service`;

const UNIT = `${MARK}
[Unit]
Description=Put the network back as it was before Phoenix changed it

[Service]
Type=oneshot
ExecStart=/usr/bin/cp ${KEPT} ${OWN_FILE}
ExecStart=-/usr/sbin/ifreload -a
ExecStart=/usr/bin/rm -f ${ARMED}
`;

/**
 * Sets the timer. What is kept is what last worked: not what a run left that was interrupted while one was set.
 * @param present the file as it is; null when there is none
 */
export function arm(present: string | null, armed: Armed): Action[] {
  return [
    ...(armed !== null ? [stop()] : [file('keep the network as it is', KEPT, present ?? `${MARK}\n`)]),
    file('say how the network is put back', UNIT_FILE, UNIT),
    file('note that the network may be put back', ARMED, 'set\n'),
    act('have systemd read it', run('systemctl', ['daemon-reload'])),
    act(
      `have the network put back after ${SECONDS} seconds`,
      run('systemd-run', [`--on-active=${SECONDS}`, `--unit=${NAME}`, '--collect']),
    ),
  ];
}

export function loaded(): Action {
  return file('note that the network was loaded', ARMED, 'loaded\n');
}

export function disarm(): Action[] {
  return [stop(), remove('note that the network works', ARMED)];
}

/** It may have run, or the host may have been started anew. */
function stop(): Action {
  const action = act('stop the timer that puts the network back', run('systemctl', ['stop', `${NAME}.timer`]));
  return { ...action, failure: 'observe' };
}

/** At once instead of by the timer; the timer does it where this cannot. */
export const BACK: Safeguard = {
  take: [],
  restore: [
    { ...act('put the network back', run('systemctl', ['start', `${NAME}.service`])), failure: 'observe' },
    stop(),
  ],
  drop: [],
};

function file(summary: string, path: string, text: string): Action {
  return act(summary, { kind: 'file', path, content: { from: 'text', text }, mode: 0o644 });
}
