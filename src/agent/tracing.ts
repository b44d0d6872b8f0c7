// Where the way of a commit becomes a trace: each stage is a span, and what a later stage in another process belongs to stands with the
// delivery and the request of the run in the ledger. Jobs carry identity alone, as ever.

import type { Delivery } from '../ports/deliveries.ts';
import type { Host } from '../ports/host.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Tracer } from '../ports/tracing.ts';

/** Records a delivery within a span; whatever comes of it belongs to that. */
export function recordTraced(record: Ledger['recordDelivery'], tracer: Tracer): Ledger['recordDelivery'] {
  return (delivery) =>
    tracer.span('receive', { attributes: { 'phoenix.delivery': delivery.id, 'phoenix.event': delivery.kind } }, (add) =>
      record(traced(delivery, tracer)).then((end) => {
        add({ 'phoenix.end': end });
        return end;
      }),
    );
}

/** With the span around the caller, where there is one. */
export function traced<T extends Pick<Delivery, 'trace'>>(what: T, tracer: Tracer): T {
  const trace = tracer.current();
  return trace === null ? what : { ...what, trace };
}

/** Commands that belong to a step are spans of it, by the name of their program: arguments may say anything. */
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
