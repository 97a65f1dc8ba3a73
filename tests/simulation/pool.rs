//! Public keys on P-256. Nobody holds their private keys: signatures are simulated.

/// `x` and `y` of each.
pub(crate) const POINTS: [(&str, &str); 16] = [
    ("Jm0qcWc7r4CIVtvBNPC55uG8DTr6JJYuaMwA-8BfADQ", "-1lEfKyExj1F7AARGmiTkochRgMfzzhJ0sHStObaSuI"),
    ("WT3pAlsFbHPkaOcFSMHerlsKL4PNbJidg_mC6mLkg0k", "FlaSGTDHPnmjYsVe7hPjny4lL-QcJOa_Mid5F98m6Tk"),
    ("06oSGPdr8nNnbg433qqaM9Vi3iPXlBkgHm7vaDOPxqY", "1a-rPmaWFdt5-4uPqM24bOm9qje88gkN5EIYvj1XYmw"),
    ("ZNlLyHeMaOw7OXGSSxHlLiHDJqdnOZvce1xp9zpFPTs", "Cp5vf_1WrEcNsLp1334HeYqwagXk9BbOhAwLTEE1nHQ"),
    ("inNL-YUdt2aFMgS3VJnrG2vmXzGwiReLng6TW1LUnIA", "yzCIFKqmFw3Ir2CV-3uZ_1Dwi3RUO5gJDNpf8BYMQuY"),
    ("wb6rPQ7QjQTbRNv06J3OkHnit5q6_HGz_-ha6n9Q3VE", "tqB4lJ8D_6CS_n-wdL2XKe3sH0hb5Ys9iUgp8wHt5Dg"),
    ("J9OmHDU9kOEZzLcUMZ-CLXQx8nyqhXtVIZ9gbNcTr6c", "WL1cVfGAoPP5nXuX1ujxUL_jDhLLtWdAm8wfzteaWCA"),
    ("DbOw1ek6BbbkaaQ3C-gRHjjMxsruVjpW8lEZLYaThQU", "pqUv72LrwKCQesSR_srAPvP_sF6jaRtjwxkI7nIOvc0"),
    ("MuBYu4Ch1qjt29AocOhDuqUj6pY1C4SDHrE2KCHy3mI", "NJ9Bbdimuzua5smACD7FzeR0ir2NvzIqBOW385723v8"),
    ("wXceA8jnRrihwCjkwzeaw3uqzqt4JzbEgJLQPwppYLc", "z9wlIWT_yvrx_xIe1rl2IsUc6tlkNaGAdgehJu4RlHA"),
    ("7bMIp7RBhLRGvmXUIphlKbnbeYI4KE9vJrI2rXSFq2w", "vvP5MLgm2rEJa2-9dM0TByzanJA9kkwq9BT8OSMGU1U"),
    ("_OVKh0ALqvHhM98QfEprYminC_dByF49BPtfa0Dpj4A", "A_pDRq4ceMgikU4L7BbHdVsO-M0IEVmo3o1SzVKm0Co"),
    ("dUf3urIaDaXkQ08NFH5_txfCKFwykgQN699KfDplm0A", "u8b_UIMAEmc-tvz5M0BUblaCKnDhrl9A1wd7qGqKMBU"),
    ("AHDGGDzx_chDKz-m-IBAr-o76k20k0DO-5-WUeH9q7A", "8J58aZ9_WTlWiGQbmdKiEE5dEcxGtvJb-pM8TEE1eoo"),
    ("nrzK-cyxAG1U-ppy3eTKwr6tBV1qHKj_MVRZMpNubeE", "9bcGEpHQtJxoQA370RT7PCoMgEDsuJT9mj3iY3v2L2I"),
    ("M-gqswgGi_1tr7xmXednu4D82uSb2z-LcGYijoyZDto", "V8QXeof7crsVu3Ziu5GbxNIVXhvDINpE_XEo95LQzSo"),
];
