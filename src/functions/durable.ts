// Registers every orchestrator and activity, and drives the orchestrators: what they yield as data becomes durable tasks.
// DU1. An orchestrator throws Errors only, and never asks for what is not registered: either would leave it running for ever.

import * as df from "durable-functions";
import { sweepActivities } from "../lib/compliance/index.ts";
import { fitting } from "../lib/domain/rotation.ts";
import { orchestrators } from "../lib/orchestrators/index.ts";
import { type Command, type Durable, durableOn, type Process } from "../lib/orchestrators/process.ts";
import { activities } from "../lib/steps/index.ts";
import { callOf, ports, telemetry } from "./wiring.ts";

for (const [name, activity] of Object.entries({ ...activities, ...sweepActivities })) {
	df.app.activity(name, {
		extraInputs: [df.input.durableClient()],
		handler: (input, context) =>
			telemetry.activity({ name, input, attempt: context.invocationId }, () =>
				(activity as (p: typeof ports, i: unknown, run: ReturnType<typeof callOf>) => Promise<unknown>)(
					ports,
					input,
					callOf(df.getClient(context), context),
				),
			),
	});
}

for (const [name, orchestrator] of Object.entries(orchestrators)) {
	df.app.orchestration(name, function* (context) {
		const durable = durableOn({
			now: () => context.df.currentUtcDateTime,
			report: (status) => context.df.setCustomStatus(fitting(status)),
			continueAs: (input) => context.df.continueAsNew(input),
		});
		const run = (orchestrator as (durable: Durable, input: unknown) => Process<unknown>)(
			durable,
			context.df.getInput(),
		);
		let at = run.next();
		while (!at.done) {
			let answer: unknown;
			try {
				const [task, timer] = tasksOf(context, at.value);
				answer = yield task;
				// An instance with a timer that still runs is not over.
				if (timer && !timer.isCompleted) timer.cancel();
			} catch (error) {
				at = run.throw(error);
				continue;
			}
			at = run.next(answer);
		}
		return at.value;
	});
}

/** @returns what is waited for, and the timer in it, where it may lose to something else */
function tasksOf({ df: durable }: df.OrchestrationContext, command: Command): [df.Task, df.TimerTask?] {
	switch (command.ask) {
		case "activity":
			return [durable.callActivity(command.name, command.input)];
		case "wait":
			return [durable.createTimer(new Date(command.until))];
		case "first": {
			const [{ until }, { name }] = command.of;
			const timer = durable.createTimer(new Date(until));
			return [durable.Task.any([timer, durable.waitForExternalEvent(name)]), timer];
		}
		case "children":
			return [
				durable.Task.all(
					command.inputs.map((input, index) => durable.callSubOrchestrator(command.name, input, command.ids[index])),
				),
			];
	}
}
