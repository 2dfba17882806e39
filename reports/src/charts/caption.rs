//! How to read each chart, in a sentence or two.

use super::Chart;

impl Chart {
    /// How to read it, in a sentence or two.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Self::ResponseTime => {
                "From the moment a person wanted to begin until the answer was known, by that moment. Dropped and unknown \
                 operations have no time and are in the heat map and the percentile curve below."
            }
            Self::Heat => {
                "Each cell counts the operations that were wanted in that window and took that long; the legend goes from few to many, and each colour begins at the same \
                 factor above the one before. Two bands are two kinds of operations. The row at ∞, where there is one, counts those without one: unknown or dropped."
            }
            Self::Percentiles => {
                "Response counts the wait for a free person, service does not; where they part, the load was more than the chain took. \
                 Dropped and unknown operations count as slower than every finished one."
            }
            Self::Rates => {
                "Offered: arrivals the plan asked for, and further attempts. Achieved: operations applied or correctly rejected, by when they ended. \
                 Dropped: arrivals that nobody was free to begin in time."
            }
            Self::InFlight => {
                "In flight: operations begun and not ended. Waiting: arrivals that were due and began later. A level that grows while the rate stays is a queue that \
                 does not drain. Means of each window."
            }
            Self::Endings => {
                "By when operations ended; a dropped arrival counts when it should have begun. Each attempt counts once."
            }
            Self::Outcomes => "Every operation counts once, warm-up included, as it was known when it ended.",
            Self::Failures => {
                "A rejection is a correct answer; a failure surely had no effect; of an unknown nobody could tell at the time. \
                 With the reason stand the codes that the chain gave: what the person was shown (SSPR), what the agent logged (event), what the directory answered."
            }
            Self::Waterfall => {
                "From the intended start to the end, in the order of the chain. Stages are exclusive times, so each bar begins where the one before it ends; network is \
                 what no part claimed, and is spread over the whole in truth."
            }
            Self::Stages => {
                "Exclusive times as the parts reported them over the measure phase; network is what no part claimed."
            }
            Self::PersonaLatency => {
                "Over the measure phase, from the intended start; the slowest first. Dropped and unknown operations count as slower than every finished one."
            }
            Self::PersonaOutcomes => {
                "Shares of all attempts, warm-up included. Some personas shall be refused: for them a rejection is what the scenario asks for."
            }
            Self::Propagation => {
                "The share of acknowledged writes of the measure phase whose effect each domain controller showed within that time. \
                 A line that ends below 100 % is of writes that were never seen there; watchers look every 20 ms, later after a tenth of the time."
            }
            Self::Slowest => {
                "Of the measure phase, each a real operation from its intended start to its answer, by the beginning of its id: look for that in history and logs."
            }
            Self::Unknown => {
                "By their intended start, from there until nobody waited for an answer any more. What became of them stands with the operations below."
            }
            Self::Cpu => {
                "Processor time of each process or container, sampled once a second. Parts that share a process are counted together; \
                 load is the generator, apart from the world it asks."
            }
            Self::Memory => {
                "Resident memory of each process; of a container what it uses without files that can be dropped. Sampled once a second; the most is over the whole run."
            }
            Self::Disk => {
                "Bytes that each process or container had written to disks since the sample before, where that is told."
            }
            Self::Sockets => "Open sockets of each process, sampled once a second; of containers nobody tells them.",
            Self::Person => {
                "The smallest part of one person's history that still contradicts itself. A bar is an operation from its begin to its \
                 answer; an unknown one could act as long as its thin line. A dot is something seen. In words it stands below."
            }
        }
    }

    /// The same of a closed model, whose users wait for their answers: nobody queues, and a slow system is asked less.
    #[must_use]
    pub fn caption_closed(self) -> &'static str {
        match self {
            Self::ResponseTime => {
                "From the moment a user's think time ended until the answer was known, by that moment. Who waits asks for nothing \
                 meanwhile, so it says nothing of how long people would have queued."
            }
            Self::Rates => {
                "Offered: operations that users began; whoever waits begins none, so a slow system is offered less. Achieved: \
                 operations applied or correctly rejected, by when they ended."
            }
            Self::InFlight => {
                "In flight: operations begun and not ended, never more than there are users. Nobody waits to begin: a user begins when the think time is over. \
                 Means of each window."
            }
            Self::Percentiles => {
                "Response counts from the end of the think time, when the user begins: both curves are nearly one, also where the \
                 system is slow. Unknown operations count as slower than every finished one."
            }
            Self::PersonaLatency => {
                "Over the measure phase, from the end of the think time; the slowest first. Unknown operations count as slower than every finished one."
            }
            other => other.caption(),
        }
    }
}
