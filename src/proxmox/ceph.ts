// Pools of the node's own Ceph as shown by its API (pve-manager, PVE/API2/Ceph/Pool.pm). Shared by the managers and the lab.

import type { Options } from './files/section-config.ts';

/** This file exists if Ceph is set up (pve-manager, PVE/Ceph/Tools.pm, check_ceph_inited). */
export const CEPH_FILE = '/etc/pve/ceph.conf';

/** An element of `GET /nodes/{node}/ceph/pool`. */
export interface CephPool {
  readonly pool_name: string;
  readonly type: 'replicated' | 'erasure' | 'unknown';
  readonly size: number;
  readonly min_size: number;
  readonly pg_num: number;
  readonly pg_num_min?: number | undefined;
  readonly crush_rule_name?: string | undefined;
  readonly pg_autoscale_mode?: string | undefined;
  readonly application_metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Bytes. */
  readonly target_size?: number | undefined;
  readonly target_size_ratio?: number | undefined;
}

const UNITS = ['', 'K', 'M', 'G', 'T'] as const;

/** Formats bytes in the largest unit without remainder: `100G`. */
export function printSize(bytes: number): string {
  const unit = Math.max(
    0,
    UNITS.findLastIndex((_, power) => bytes > 0 && bytes % 1024 ** power === 0),
  );
  return `${bytes / 1024 ** unit}${UNITS[unit]}`;
}

/** The declarable options of a pool; with its `type` unless replicated. */
export function optionsOfPool(pool: CephPool): Options {
  const { type, size, min_size, pg_num, pg_num_min, crush_rule_name, pg_autoscale_mode } = pool;
  const { application_metadata, target_size, target_size_ratio } = pool;
  const given = {
    size,
    min_size,
    pg_num_min,
    pg_autoscale_mode,
    target_size_ratio,
    crush_rule: crush_rule_name,
    // Values managed by Ceph are not declared.
    pg_num: pg_autoscale_mode === 'on' ? undefined : pg_num,
    application: Object.keys(application_metadata ?? {})[0],
    target_size: target_size === undefined ? undefined : printSize(target_size),
    type: type === 'replicated' ? undefined : type,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([option, value]) => (value == null ? [] : [[option, [String(value)]]])),
  );
}
