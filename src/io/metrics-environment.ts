// Prometheus metrics of the environment. An unknown value is left out: an absent series is not zero.

import { Gauge, type Registry } from 'prom-client';
import type { EnvironmentSeen } from '../model/environment.ts';
import { kindOf } from '../model/ids.ts';

/** Creates the gauges; returns a function that sets them from an observation. */
export function environmentGauges(registry: Registry): (seen: EnvironmentSeen) => void {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const states = gauge('phoenix_target_state', '1 for the state that each target is in.', ['target', 'kind', 'state']);
  const proved = gauge(
    'phoenix_target_last_success_timestamp_seconds',
    'When each target was last proved to be as declared.',
    ['target', 'kind'],
  );
  const failed = gauge('phoenix_target_failed', '1 where the newest step of the target failed.', ['target', 'kind']);
  const drifted = gauge(
    'phoenix_target_drifted',
    '1 where the newest look found the target otherwise than it is declared; none before the first look.',
    ['target', 'kind'],
  );
  const expiry = gauge(
    'phoenix_certificate_expiry_timestamp_seconds',
    'When each certificate on the host ends; none where no certificate of Phoenix is known.',
    ['target'],
  );
  const approvals = gauge('phoenix_approvals_waiting', 'Steps that wait for a person to approve them.');
  const refused = gauge('phoenix_head_refused', '1 while the newest commit of the branch is not followed.');
  const orphans = gauge('phoenix_orphans', 'What carries the mark of Phoenix on the host and nothing declares.');
  const looked = gauge('phoenix_last_look_timestamp_seconds', 'When the newest look at the host came to an end.');

  return (seen) => {
    for (const each of [states, proved, failed, drifted, expiry]) each.reset();
    for (const each of seen.targets) {
      const labels = { target: each.target, kind: kindOf(each.target) };
      states.set({ ...labels, state: each.state }, 1);
      failed.set(labels, Number(each.failed));
      if (each.proved !== null) proved.set(labels, seconds(each.proved));
      if (each.drifted !== null) drifted.set(labels, Number(each.drifted));
    }
    for (const { target, validity } of seen.certificates ?? []) {
      if (validity !== null) expiry.set({ target }, seconds(validity.until));
    }
    approvals.set(seen.approvals);
    refused.set(Number(seen.headRefused));
    setOrNone(orphans, seen.orphans);
    setOrNone(looked, seen.lookedAt === null ? null : seconds(seen.lookedAt));
  };
}

export function setOrNone(gauge: Gauge, value: number | null): void {
  if (value === null) gauge.remove();
  else gauge.set(value);
}

/** @param iso ISO 8601 */
export function seconds(iso: string): number {
  return Date.parse(iso) / 1_000;
}
