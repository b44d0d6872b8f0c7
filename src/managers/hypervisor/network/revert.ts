// The automatic rollback of a network change that cuts Phoenix off: a timer on the host that restores the previous file and loads it. The timer is
// started before anything changes, and only a connection that still reaches the host stops it.

import type { Action } from '../../../model/action.ts';
import type { Rollback } from '../../manager.ts';
import { act, MARK, NOTES, remove, run } from '../act.ts';
import { OWN_FILE } from './own-file.ts';

/** Seconds until the previous network is restored, unless the timer is stopped. */
const ROLLBACK_SECONDS = 120;

const KEPT = `${NOTES}/network/before`;
/** Exists while the timer runs; its content is the progress of the change. */
export const ARMED = `${NOTES}/network/armed`;
/** `set`: the timer runs and the network is not loaded yet; `loaded`: it is loaded and not yet confirmed. */
export type Armed = 'set' | 'loaded' | null;
const NAME = 'phoenix-network-revert';
/** Like the timer, it does not survive a reboot. */
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
 * Starts the timer. The saved file is the last one that worked: not the one that an interrupted run left while a timer was already set.
 *
 * @param present the current content of the file; null when there is none
 */
export function arm(present: string | null, armed: Armed): Action[] {
  return [
    ...(armed !== null ? [stop()] : [file('keep the network as it is', KEPT, present ?? `${MARK}\n`)]),
    file('write the unit that restores the network', UNIT_FILE, UNIT),
    file('record that the network may be restored', ARMED, 'set\n'),
    act('have systemd read the timer', run('systemctl', ['daemon-reload'])),
    act(
      `start the timer that restores the network after ${ROLLBACK_SECONDS} seconds`,
      run('systemd-run', [`--on-active=${ROLLBACK_SECONDS}`, `--unit=${NAME}`, '--collect']),
    ),
  ];
}

export function loaded(): Action {
  return file('record that the network was loaded', ARMED, 'loaded\n');
}

export function disarm(): Action[] {
  return [stop(), remove('record that the network works', ARMED)];
}

/** Tolerates a timer that is gone: it may have fired, or the host may have rebooted. */
function stop(): Action {
  const action = act('stop the timer that restores the network', run('systemctl', ['stop', `${NAME}.timer`]));
  return { ...action, failure: 'observe' };
}

/** Rolls back immediately; the timer does it if this fails. */
export const NETWORK_ROLLBACK: Rollback = {
  snapshot: [],
  restore: [
    { ...act('restore the network', run('systemctl', ['start', `${NAME}.service`])), failure: 'observe' },
    stop(),
  ],
  discard: [],
};

function file(summary: string, path: string, text: string): Action {
  return act(summary, { kind: 'file', path, content: { from: 'text', text }, mode: 0o644 });
}
