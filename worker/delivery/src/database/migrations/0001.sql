-- A result each. The longer run of a job is a result of its own: galapagos.latest has the longest of each.
CREATE TABLE galapagos.runs (
    run                      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace                text NOT NULL,
    job                      text NOT NULL,
    inputs_digest            text NOT NULL,
    result_digest            text NOT NULL,
    dataset                  text NOT NULL,
    dataset_digest           text NOT NULL,
    engine                   integer NOT NULL,
    generations              integer NOT NULL,
    stopped_by               text NOT NULL,
    reproducible             boolean NOT NULL,
    optimistic               boolean NOT NULL,
    validated                boolean,          -- NULL: no verdict
    distinct_evaluations     bigint NOT NULL,
    cached                   bigint NOT NULL,
    failed                   bigint NOT NULL,
    exceptions               bigint NOT NULL,
    seconds                  double precision NOT NULL,
    strategy_bars_per_second double precision NOT NULL,
    delivered_at             timestamptz NOT NULL DEFAULT now(),
    document                 jsonb NOT NULL,   -- result.json without its generations
    UNIQUE (namespace, job, inputs_digest, result_digest)
);

CREATE TABLE galapagos.generations (
    run         bigint NOT NULL REFERENCES galapagos.runs ON DELETE CASCADE,
    generation  integer NOT NULL,
    best        double precision,
    strategy    text,
    median      double precision,
    spread      double precision,
    diversity   double precision NOT NULL,
    feasible    integer NOT NULL,
    infeasible  integer NOT NULL,
    failed      integer NOT NULL,
    cached      integer NOT NULL,
    distinct_evaluations bigint NOT NULL,
    seconds     double precision NOT NULL,
    front       integer,
    hypervolume double precision,
    PRIMARY KEY (run, generation)
);

CREATE TABLE galapagos.evaluations (
    run        bigint NOT NULL REFERENCES galapagos.runs ON DELETE CASCADE,
    generation integer NOT NULL,
    individual integer NOT NULL,               -- its place in the generation
    strategy   text,
    class      text NOT NULL,                  -- feasible, infeasible, failed
    reason     text,
    fitness    double precision,
    violation  double precision,
    cached     boolean NOT NULL,
    genome     jsonb NOT NULL,                 -- values as text: (genome->>'fast_period')::numeric
    metrics    jsonb NOT NULL,                 -- what is infinite is text: (metrics->>'profit_factor')::float8
    PRIMARY KEY (run, generation, individual)
);
CREATE INDEX evaluations_by_fitness ON galapagos.evaluations (run, fitness) WHERE class = 'feasible';

-- The best individual of each strategy of a run.
CREATE TABLE galapagos.champions (
    run             bigint NOT NULL REFERENCES galapagos.runs ON DELETE CASCADE,
    strategy        text NOT NULL,
    best            boolean NOT NULL,          -- the best of the whole run
    class           text NOT NULL,
    objective       text NOT NULL,
    fitness         double precision,
    violation       double precision NOT NULL,
    objections      text[] NOT NULL,
    genome          jsonb NOT NULL,
    metrics         jsonb NOT NULL,
    holdout         jsonb,                     -- metrics on the holdout; NULL: there is none
    deflated_sharpe double precision,
    trials          bigint NOT NULL,
    PRIMARY KEY (run, strategy)
);

-- Of several objectives what nothing dominates, by the first objective.
CREATE TABLE galapagos.fronts (
    run             bigint NOT NULL REFERENCES galapagos.runs ON DELETE CASCADE,
    point           integer NOT NULL,
    strategy        text NOT NULL,
    class           text NOT NULL,
    violation       double precision NOT NULL,
    objectives      jsonb NOT NULL,            -- values on the training rows, by name
    holdout         jsonb,                     -- the same on the holdout
    genome          jsonb NOT NULL,
    metrics         jsonb NOT NULL,
    deflated_sharpe double precision,
    PRIMARY KEY (run, point)
);

CREATE VIEW galapagos.latest AS
SELECT DISTINCT ON (namespace, job, inputs_digest) *
FROM galapagos.runs ORDER BY namespace, job, inputs_digest, generations DESC, run DESC;
