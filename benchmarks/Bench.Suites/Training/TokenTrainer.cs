using System.Diagnostics;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Rows of tokens with their labels; −100 marks a position that is not scored.</summary>
/// <param name="Inputs">Tokens, <c>[R, L]</c>, 64-bit integers.</param>
/// <param name="Labels">Labels, <c>[R, L]</c>, 64-bit integers.</param>
public sealed record TokenRows(Tensor Inputs, Tensor Labels)
{
    /// <summary>Label of a position that is not scored.</summary>
    public const long NotScored = -100;

    /// <summary>R.</summary>
    public long Count => Inputs.shape[0];
}

/// <summary>How one training went.</summary>
/// <param name="LearningRate">The rate it used.</param>
/// <param name="Accuracy">Best test accuracy over its epochs.</param>
/// <param name="Loss">Test loss at that epoch.</param>
/// <param name="Steps">Optimiser steps done.</param>
/// <param name="TrainSeconds">Wall time of the steps.</param>
/// <param name="EvaluateSeconds">Wall time of the evaluations.</param>
/// <param name="Curve">Accuracy and loss after each epoch.</param>
public sealed record TrainingOutcome(
    double LearningRate, double Accuracy, double Loss, int Steps, double TrainSeconds, double EvaluateSeconds, IReadOnlyList<CurvePoint> Curve);

/// <summary>
/// Trains token models by the recipe of Zoology (arXiv:2312.04927): AdamW, cosine from the rate to 0 over the epochs without warm-up, cross
/// entropy over scored positions, test accuracy after each epoch.
/// </summary>
public static class TokenTrainer
{
    /// <summary>Trains one model with one learning rate.</summary>
    /// <param name="model">Freshly initialised model.</param>
    /// <param name="train">Training rows; their order is fixed.</param>
    /// <param name="test">Test rows.</param>
    /// <param name="plan">Numbers of the recipe.</param>
    /// <param name="learningRate">Rate at the first step.</param>
    /// <param name="report">Share done and a line for people.</param>
    /// <exception cref="CellFailedException">With class <see cref="FailureClass.Diverged"/> when the loss is not finite.</exception>
    public static TrainingOutcome Train(
        TokenModel model, TokenRows train, TokenRows test, TrainingPlan plan, double learningRate, Action<double, string> report)
    {
        var optimiser = optim.AdamW(model.parameters(), learningRate, weight_decay: plan.WeightDecay);
        var curve = new List<CurvePoint>();
        var (trainClock, evaluateClock) = (new Stopwatch(), new Stopwatch());
        var (bestAccuracy, bestLoss, steps) = (-1.0, double.NaN, 0);
        for (var epoch = 0; epoch < plan.Epochs; epoch++)
        {
            foreach (var group in optimiser.ParamGroups)
            {
                group.LearningRate = learningRate * 0.5 * (1 + Math.Cos(Math.PI * epoch / plan.Epochs));
            }

            model.train();
            trainClock.Start();
            for (long start = 0; start < train.Count; start += plan.Batch)
            {
                var loss = Step(model, optimiser, train, start, Math.Min(plan.Batch, train.Count - start));
                if (!double.IsFinite(loss))
                {
                    throw new CellFailedException(
                        FailureClass.Diverged,
                        $"The training loss became {loss} at step {steps + 1} with learning rate {learningRate}.",
                        "No action needed; a smaller learning rate in the sweep may train it.");
                }

                steps++;
            }

            trainClock.Stop();
            evaluateClock.Start();
            var (accuracy, testLoss) = Evaluate(model, test, plan.Batch);
            evaluateClock.Stop();
            curve.Add(new CurvePoint(steps, Metric.Accuracy.Name, accuracy));
            curve.Add(new CurvePoint(steps, Metric.TestLoss.Name, testLoss));
            if (accuracy > bestAccuracy)
            {
                (bestAccuracy, bestLoss) = (accuracy, testLoss);
            }

            report((epoch + 1.0) / plan.Epochs, $"epoch {epoch + 1}, accuracy {accuracy:0.000}");
            if (accuracy > plan.StopAbove)
            {
                break;
            }
        }

        return new TrainingOutcome(
            learningRate, bestAccuracy, bestLoss, steps, trainClock.Elapsed.TotalSeconds, evaluateClock.Elapsed.TotalSeconds, curve);
    }

    /// <summary>Mean over rows of the share of scored positions that are right, and the mean cross entropy over scored positions.</summary>
    public static (double Accuracy, double Loss) Evaluate(TokenModel model, TokenRows rows, int batch)
    {
        model.eval();
        using var nograd = no_grad();
        double accuracy = 0, loss = 0;
        long scored = 0;
        for (long start = 0; start < rows.Count; start += batch)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(batch, rows.Count - start);
            var labels = rows.Labels.narrow(0, start, count);
            var mask = labels.ne(TokenRows.NotScored); // [R, L]
            var logits = model.Logits(rows.Inputs.narrow(0, start, count), mask); // [S, V]
            var target = labels.masked_select(mask); // [S]
            var right = zeros_like(labels, ScalarType.Float32).masked_scatter(mask, logits.argmax(-1).eq(target).to(ScalarType.Float32));
            accuracy += (right.sum(1) / mask.sum(1).clamp(min: 1)).sum().item<float>();
            loss += nn.functional.cross_entropy(logits, target, reduction: nn.Reduction.Sum).item<float>();
            scored += target.numel();
        }

        return (accuracy / rows.Count, loss / Math.Max(1, scored));
    }

    private static double Step(TokenModel model, optim.Optimizer optimiser, TokenRows rows, long start, long count)
    {
        using var scope = NewDisposeScope();
        var labels = rows.Labels.narrow(0, start, count);
        var mask = labels.ne(TokenRows.NotScored);
        var logits = model.Logits(rows.Inputs.narrow(0, start, count), mask);
        var loss = nn.functional.cross_entropy(logits, labels.masked_select(mask));
        optimiser.zero_grad();
        loss.backward();
        optimiser.step();
        return loss.item<float>();
    }
}
