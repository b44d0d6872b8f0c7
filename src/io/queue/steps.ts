// The jobs of steps: one for each step and attempt, deferred for all processes by a key in Redis, and performed one after the other.

import type { Job } from 'bullmq';
import type { ApplyRequest, Queue, RetryDelay, Work } from '../../ports/queue.ts';
import type { Connection } from '../ledger/connect.ts';
import type { Delays } from './delays.ts';
import type { JobQueues } from './job-queues.ts';

/** Steps that one job does before it yields its worker to other jobs. */
const MAX_STEPS_PER_JOB = 16;
/** No step is deferred for longer: a key that lives longer was written before the server's clock was set back. */
const MAX_DELAY_MS = 3_600_000;

export interface StepJobsDeps {
  readonly redis: Connection;
  /** The prefix of all keys. */
  readonly prefix: string;
  readonly queues: JobQueues;
  readonly delays: Delays;
  /** Aborted when work has to end. */
  readonly stopped: AbortSignal;
  /** Whether nothing further begins in this process. */
  readonly isClosing: () => boolean;
}

export interface StepJobs {
  readonly request: Queue['requestApply'];
  /** One step after the other, as long as one follows. The job holds the current one, for a worker that takes it over. */
  run(node: string, apply: NonNullable<Work['apply']>, job: Job): Promise<RetryDelay>;
}

export function openStepJobs({ redis, prefix, queues, delays, stopped, isClosing }: StepJobsDeps): StepJobs {
  const waitKey = (node: string, jobId: string): string => `${prefix}:wait:${node}:${jobId}`;

  // A job that is still waiting covers this request too: BullMQ adds none with an id that is there.
  async function add(node: string, { run, target }: ApplyRequest, jobId: string): Promise<void> {
    await queues.named(queueOfSteps(node)).add('apply', { run, target }, { jobId });
  }

  async function request(node: string, step: ApplyRequest): Promise<void> {
    const jobId = idOf(step);
    // Deferred. This process sets a timer as well, in case the one that deferred it dies.
    const delayMs = await redis.pttl(waitKey(node, jobId));
    if (delayMs > 0 && delayMs <= MAX_DELAY_MS) return delays.after(jobId, delayMs + 1, () => request(node, step));
    await add(node, step, jobId);
  }

  /** Until the key in Redis expires, no process begins the step. */
  async function defer(node: string, step: ApplyRequest, jobId: string, ms: number): Promise<void> {
    await redis.set(waitKey(node, jobId), 1, 'PX', Math.max(1, Math.round(ms)));
    delays.after(jobId, ms, async () => {
      await redis.del(waitKey(node, jobId));
      await add(node, step, jobId);
    });
  }

  async function run(node: string, apply: NonNullable<Work['apply']>, job: Job): Promise<RetryDelay> {
    let step = { attempt: 0, ...(job.data as Omit<ApplyRequest, 'attempt'>) };
    for (let count = 1; ; count += 1) {
      const next = await apply(step.run, step.target, stopped);
      if (next === null) return null;
      if (typeof next === 'number') {
        if (stopped.aborted) return null;
        await defer(node, step, count === 1 ? idOfJob(job, step) : idOf(step), next);
        return null;
      }
      if (count >= MAX_STEPS_PER_JOB || isClosing()) {
        await request(node, next);
        return null;
      }
      step = next;
      await job.updateData({ run: step.run, target: step.target });
    }
  }

  return { request, run };
}

export function queueOfSteps(node: string): string {
  return `apply-${node}`;
}

function idOfJob({ id }: Job, step: ApplyRequest): string {
  return id ?? idOf(step);
}

/** BullMQ takes no id with a colon. */
function idOf({ run, target, attempt }: ApplyRequest): string {
  return `${run}-${target}-${attempt}`.replaceAll(':', '%3A');
}
