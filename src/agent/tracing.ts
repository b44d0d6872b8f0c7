// Traces a commit's way through the agent: each stage is a span, and the context for later stages in other processes is stored with the delivery and
// the run request in the ledger. Jobs carry only ids.

import type { Delivery } from '../ports/deliveries.ts';
import type { Host } from '../ports/host.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Tracer } from '../ports/tracing.ts';

/** Records a delivery within a span, the parent of everything that follows from it. */
export function recordTraced(record: Ledger['recordDelivery'], tracer: Tracer): Ledger['recordDelivery'] {
  return (delivery) =>
    tracer.span('receive', { attributes: { 'phoenix.delivery': delivery.id, 'phoenix.event': delivery.kind } }, (add) =>
      record(traced(delivery, tracer)).then((end) => {
        add({ 'phoenix.end': end });
        return end;
      }),
    );
}

/** Adds the current span's context, if there is one. */
export function traced<T extends Pick<Delivery, 'trace'>>(what: T, tracer: Tracer): T {
  const trace = tracer.current();
  return trace === null ? what : { ...what, trace };
}

/** Each command of a step becomes a span with the name of its program, without arguments, which may contain anything. */
export function traceHost(host: Host, tracer: Tracer): Host {
  return {
    ...host,
    run(command, options) {
      if (tracer.current() === null) return host.run(command, options);
      return tracer.span(
        `host ${command.program}`,
        { attributes: { 'process.executable.name': command.program } },
        async (add) => {
          const result = await host.run(command, options);
          add({ 'phoenix.ended': result.ended, ...(result.exit === null ? {} : { 'process.exit.code': result.exit }) });
          return result;
        },
      );
    },
  };
}
